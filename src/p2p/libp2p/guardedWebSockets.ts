import type { Socket } from "node:net";
import type { CreateListenerOptions, Listener, Transport } from "@libp2p/interface";
import { type WebSocketsComponents, webSockets } from "@libp2p/websockets";
import { joinedWrites } from "./joinedWrites.ts";

/** A socket that has not become a WebSocket and says nothing for this long is closed. */
const SILENT_MS = 10_000;

/** What a listener of the library calls for each socket, and for each that has become a WebSocket. */
interface SocketHooks {
  onSocketConnection(socket: Socket): Promise<void>;
  onWsServerConnection(socket: WebSocketOfServer, request: { readonly socket: Socket }): void;
}

interface WebSocketOfServer {
  on(event: "error", listener: () => void): void;
  terminate(): void;
}

/**
 * The WebSocket transport of libp2p, whose listener lets strangers do two things too many: one malformed WebSocket frame
 * is an unhandled "error" event that ends the process, and a socket that never speaks keeps the listener from closing. Its
 * writes are joined.
 */
export function guardedWebSockets(): (components: WebSocketsComponents) => Transport {
  const create = webSockets();
  return (components) => {
    const transport = create(components);
    const dial = transport.dial.bind(transport);
    transport.dial = (address, options) => dial(address, { ...options, upgrader: joinedWrites(options.upgrader) });
    const createListener = transport.createListener.bind(transport);
    transport.createListener = (options: CreateListenerOptions) =>
      guard(createListener({ ...options, upgrader: joinedWrites(options.upgrader) }));
    return transport;
  };
}

function guard(listener: Listener): Listener {
  const hooks = listener as unknown as SocketHooks;
  const onSocket = hooks.onSocketConnection.bind(listener);
  const onWebSocket = hooks.onWsServerConnection.bind(listener);
  const close = listener.close.bind(listener);
  const sockets = new Set<Socket>();

  hooks.onSocketConnection = (socket) => {
    sockets.add(socket);
    socket.setTimeout(SILENT_MS, () => socket.destroy());
    socket.on("error", () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
    return onSocket(socket);
  };
  hooks.onWsServerConnection = (webSocket, request) => {
    request.socket.setTimeout(0);
    webSocket.on("error", () => webSocket.terminate());
    onWebSocket(webSocket, request);
  };
  listener.close = () => {
    for (const socket of sockets) socket.destroy();
    return close();
  };
  return listener;
}
