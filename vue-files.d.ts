/** For tools that do not read .vue files themselves (ESLint); vue-tsc takes the real types of each component. */
declare module '*.vue' {
  import type { Component } from 'vue';
  const component: Component;
  export default component;
}
