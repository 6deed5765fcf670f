// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";

/**
 * The one EIP-712 domain of a network: {name: "Cortensor", version: "1", chainId, verifyingContract: Runtime}.
 *
 * Threats. A signature of another network or chain recovers to another address, also after a fork of the chain. Only
 * ecrecover counts: a contract wallet could take its word back after the work was done. High s is refused, and EIP-2098
 * has one form only, so a signature cannot be varied.
 */
abstract contract Eip712Domain {
    bytes32 private constant DOMAIN =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");

    address public immutable runtime;
    uint256 private immutable _chainId;
    bytes32 private immutable _separator;

    constructor(address runtime_) {
        runtime = runtime_;
        _chainId = block.chainid;
        _separator = _build(runtime_);
    }

    function domainSeparator() public view returns (bytes32) {
        return block.chainid == _chainId ? _separator : _build(runtime);
    }

    /// The zero address when the signature is malformed.
    function _recover(bytes32 structHash, bytes32 r, bytes32 vs) internal view returns (address signer) {
        (signer, , ) = ECDSA.tryRecover(MessageHashUtils.toTypedDataHash(domainSeparator(), structHash), r, vs);
    }

    function _build(address runtime_) private view returns (bytes32) {
        return keccak256(abi.encode(DOMAIN, keccak256("Cortensor"), keccak256("1"), block.chainid, runtime_));
    }
}
