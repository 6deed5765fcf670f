import type { StreamMuxerFactory } from "@libp2p/interface";
import { type YamuxMuxerInit, yamux } from "@libp2p/yamux";
import type { Heartbeat } from "./heartbeat.ts";

/**
 * The multiplexer, with every connection watched by the heartbeat. Its own ping costs a fraction of a ping stream. It is
 * given no signal: a pong that came after its ping had been given up would end the connection.
 */
export function watchedMuxer(init: YamuxMuxerInit, heartbeat: Heartbeat): () => StreamMuxerFactory {
  const create = yamux({ ...init, enableKeepAlive: false });
  return () => {
    const factory = create();
    return {
      protocol: factory.protocol,
      createStreamMuxer(line) {
        const muxer = factory.createStreamMuxer(line);
        const drop = (reason: Error): void => {
          muxer.abort(reason);
          line.abort(reason);
        };
        const watch = heartbeat.watch({ ping: () => muxer.ping(), drop });
        line.addEventListener("message", watch.heard);
        line.addEventListener("close", watch.end);
        return muxer;
      },
    };
  };
}
