// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CortensorToken} from "./CortensorToken.sol";
import {EpochRewards} from "./EpochRewards.sol";
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
 * together: somebody who slips in between gets no network out of it.
 */
contract Runtime is IRuntime {
    string public constant VERSION = "1";

    CortensorToken public immutable token;
    SessionEscrow public immutable escrow;
    NodeRegistry public immutable registry;
    EpochRewards private immutable _rewards;

    Parameters private _parameters;

    event Deployed(address token, address escrow, address registry, address rewards, Parameters parameters);

    error BadPart(address part);
    error BadParameter(string name);

    constructor(
        CortensorToken token_,
        SessionEscrow escrow_,
        NodeRegistry registry_,
        EpochRewards rewards_,
        Parameters memory p
    ) {
        _checkPart(address(token_));
        _checkPart(address(escrow_));
        _checkPart(address(registry_));
        _checkPart(address(rewards_));
        if (address(escrow_.token()) != address(token_)) revert BadPart(address(escrow_));
        if (address(registry_.token()) != address(token_)) revert BadPart(address(registry_));
        if (address(rewards_.token()) != address(token_)) revert BadPart(address(rewards_));
        if (address(rewards_.registry()) != address(registry_)) revert BadPart(address(rewards_));
        if (escrow_.closeDelay() != p.closeDelay) revert BadParameter("closeDelay");
        _checkParameters(p);
        _checkEpochs(p, token_.REWARDS_CAP());
        if (rewards_.parametersHash() != keccak256(abi.encode(p))) revert BadPart(address(rewards_));
        token = token_;
        escrow = escrow_;
        registry = registry_;
        _rewards = rewards_;
        _parameters = p;
        emit Deployed(address(token_), address(escrow_), address(registry_), address(rewards_), p);
    }

    function parameters() external view returns (Parameters memory) {
        return _parameters;
    }

    function rewards() external view returns (address) {
        return address(_rewards);
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

    function _checkEpochs(Parameters memory p, uint256 cap) private pure {
        if (p.anchorSeconds == 0) revert BadParameter("anchorSeconds");
        if (p.commitSeconds <= p.anchorSeconds) revert BadParameter("commitSeconds");
        if (p.revealSeconds <= p.commitSeconds) revert BadParameter("revealSeconds");
        // What is left of the epoch is for working out the payouts.
        if (p.epochSeconds <= p.revealSeconds) revert BadParameter("epochSeconds");
        if (p.halvingEpochs == 0) revert BadParameter("halvingEpochs");
        // All the halves together are less than twice the first.
        if (2 * uint256(p.halvingEpochs) * p.emission > cap) revert BadParameter("emission");
        if (p.idleEpochs == 0) revert BadParameter("idleEpochs");
        if (p.confirmedEpochs == 0 || p.confirmedEpochs > 255) revert BadParameter("confirmedEpochs");
        if (p.reportBytes < 1024 || p.reportBytes > 1 << 17) revert BadParameter("reportBytes");
        if (uint256(p.minersBps) + p.validatorsBps > 10_000) revert BadParameter("minersBps");
    }
}
