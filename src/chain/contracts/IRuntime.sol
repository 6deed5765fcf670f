// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// The numbers of a network, fixed at deployment. Times in seconds, amounts in wei.
struct Parameters {
    uint32 epochSeconds;
    uint40 genesis; // block time at which epoch 0 began
    uint32 closeDelay; // between the wish to close a session and its refund
    uint32 orderLifetime;
    uint32 receiptTokens; // a growing receipt at least this often
    uint32 frameBytes; // largest frame between peers
    uint16 marginBps; // of a router, on a miner's price
    bool practice; // a network for trying out: its money is worth nothing
    uint32 unbondingEpochs; // whole epochs that unstaked money still answers for
    uint96 minimumStake; // of a node of any role
    uint32 maxValidators;
    uint32 maxNodes; // of any other role
}

/// What the parts of a network ask their `Runtime`.
interface IRuntime {
    function parameters() external view returns (Parameters memory);

    function rewards() external view returns (address);

    function currentEpoch() external view returns (uint32);
}
