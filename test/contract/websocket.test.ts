import { WebSocket } from 'ws';
import { websocketLink } from '../../renderer/bridge/websocket-link.ts';
import { opened, startRig } from '../unit/main/serve/rig.ts';
import { linkSuite, suiteHost } from './suite.ts';

/** The page's end of the link over the host's real door: token, bearer, ticket, socket. */
linkSuite('WebSocket', async () => {
  const rig = await startRig();
  const { bearer } = await rig.session();
  const socket = new WebSocket(`ws://127.0.0.1:${rig.port}/link?ticket=${await rig.ticket(bearer)}`, {
    origin: rig.origin,
  });
  socket.binaryType = 'arraybuffer';
  await opened(socket);
  const far = rig.links[0];
  if (!far) throw new Error('The host made no link.');
  return {
    // `ws` has the browser's interface as far as the link uses it.
    near: websocketLink(socket as unknown as globalThis.WebSocket),
    host: suiteHost(far),
    dispose: () => rig.close(),
  };
});
