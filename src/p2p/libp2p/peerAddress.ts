import type { PeerId } from "@libp2p/interface";
import { addressOfPublicKey } from "../../protocol/hash.ts";
import type { Address } from "../../util/types.ts";

/** The chain address of a peer, whose id carries its secp256k1 key; undefined for a key of another kind. */
export function peerAddress(peer: PeerId): Address | undefined {
  return peer.type === "secp256k1" ? addressOfPublicKey(peer.publicKey.raw) : undefined;
}
