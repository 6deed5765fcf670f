// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// Stands where a rewards contract will be; tests send in its name.
contract RewardsStub {
    address public immutable runtime;

    constructor(address runtime_) {
        runtime = runtime_;
    }
}
