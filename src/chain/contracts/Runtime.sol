// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CortensorToken} from "./CortensorToken.sol";
import {IRuntime, Parameters} from "./IRuntime.sol";
import {NodeRegistry} from "./NodeRegistry.sol";
import {SessionEscrow} from "./SessionEscrow.sol";

interface IPart {
    function runtime() external view returns (address);
}

/**
 * A network: its parts and its numbers, and the contract that all its signatures name.
 *
 * Threats. Nothing here can be changed by anybody; another number or part is another network. The parts were deployed
 * first, for the address at which this contract was going to be, so the constructor can check that all of them belong
 * together: somebody who slips in between gets no network out of it. There is no rewards contract yet: its address is
 * zero, and then nobody mints and nobody suspends.
 */
contract Runtime is IRuntime {
    string public constant VERSION = "1";

    CortensorToken public immutable token;
    SessionEscrow public immutable escrow;
    NodeRegistry public immutable registry;
    address public immutable rewards;

    Parameters private _parameters;

    event Deployed(address token, address escrow, address registry, address rewards, Parameters parameters);

    error BadPart(address part);
    error BadParameter(string name);

    constructor(
        CortensorToken token_,
        SessionEscrow escrow_,
        NodeRegistry registry_,
        address rewards_,
        Parameters memory p
    ) {
        _checkPart(address(token_));
        _checkPart(address(escrow_));
        _checkPart(address(registry_));
        if (rewards_ != address(0)) _checkPart(rewards_);
        if (address(escrow_.token()) != address(token_)) revert BadPart(address(escrow_));
        if (address(registry_.token()) != address(token_)) revert BadPart(address(registry_));
        if (escrow_.closeDelay() != p.closeDelay) revert BadParameter("closeDelay");
        _checkParameters(p);
        token = token_;
        escrow = escrow_;
        registry = registry_;
        rewards = rewards_;
        _parameters = p;
        emit Deployed(address(token_), address(escrow_), address(registry_), rewards_, p);
    }

    function parameters() external view returns (Parameters memory) {
        return _parameters;
    }

    function currentEpoch() external view returns (uint32) {
        return uint32((block.timestamp - _parameters.genesis) / _parameters.epochSeconds);
    }

    function _checkPart(address part) private view {
        if (part.code.length == 0 || IPart(part).runtime() != address(this)) revert BadPart(part);
    }

    function _checkParameters(Parameters memory p) private view {
        if (p.epochSeconds == 0) revert BadParameter("epochSeconds");
        if (p.genesis > block.timestamp) revert BadParameter("genesis");
        if (p.closeDelay == 0) revert BadParameter("closeDelay");
        if (p.orderLifetime == 0 || p.orderLifetime > 10 minutes) revert BadParameter("orderLifetime");
        if (p.receiptTokens == 0) revert BadParameter("receiptTokens");
        if (p.frameBytes < 1024) revert BadParameter("frameBytes");
        if (p.marginBps > 10_000) revert BadParameter("marginBps");
        if (p.unbondingEpochs < 3) revert BadParameter("unbondingEpochs");
        if (p.minimumStake == 0) revert BadParameter("minimumStake");
        if (p.maxValidators == 0 || p.maxValidators > 64) revert BadParameter("maxValidators");
        if (p.maxNodes == 0 || p.maxNodes > 10_000) revert BadParameter("maxNodes");
    }
}
