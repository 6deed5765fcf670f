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
    uint32 anchorSeconds; // end of the phases of an epoch, from the epoch's end
    uint32 commitSeconds;
    uint32 revealSeconds;
    uint96 emission; // rewards of an epoch at first
    uint32 halvingEpochs; // epochs until they are halved, again and again
    uint32 idleEpochs; // without a report, until a validator's weight can be taken
    uint32 confirmedEpochs; // for which a confirmed class is paid
    uint32 reportBytes; // longest report of a validator
    uint16 minersBps; // of the rewards of an epoch; the routers have the rest
    uint16 validatorsBps;
}

/// What the parts of a network ask their `Runtime`.
interface IRuntime {
    function parameters() external view returns (Parameters memory);

    function rewards() external view returns (address);

    function currentEpoch() external view returns (uint32);
}
