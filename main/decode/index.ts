export { decodeContract } from './contract.ts';
