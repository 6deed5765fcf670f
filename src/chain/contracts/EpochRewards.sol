// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {CortensorToken} from "./CortensorToken.sol";
import {Parameters} from "./IRuntime.sol";
import {Node, NodeRegistry, Role} from "./NodeRegistry.sol";

/// What a node did last, each as a number of epochs: 0 is never, n + 1 is epoch n.
struct Ballot {
    bytes32 seal; // of the last report
    uint32 anchored;
    uint32 committed;
    uint32 revealed;
}

/**
 * Reports, votes and claims. Epoch e is observed, reported in e + 1 and paid in e + 2.
 *
 * Threats. A report and the vote in it are fixed before anybody can read another's: reveals begin when commits have
 * ended, and a key that does not open the seal is refused. Anyone may reveal for a validator, so its vote does not
 * depend on its staying alive. A vote weighs what its validator has in force in this epoch, which nothing that happens
 * in this epoch can change, and who was not registered before an epoch began has no say in it. A root is settled by two
 * thirds of all validators' weight; they are trusted with what is not claimed yet, and cannot mint beyond the emission
 * of the epochs settled. An owner's claims add up to the largest sum that was settled for it, whoever sends them, and
 * go to nobody else. Nobody sets, pauses or upgrades anything.
 */
contract EpochRewards {
    address public immutable runtime;
    CortensorToken public immutable token;
    NodeRegistry public immutable registry;
    /// What the `Runtime` compares with its own numbers.
    bytes32 public immutable parametersHash;

    uint256 private immutable _genesis;
    uint256 private immutable _epochSeconds;
    uint256 private immutable _anchorSeconds;
    uint256 private immutable _commitSeconds;
    uint256 private immutable _revealSeconds;
    uint256 private immutable _reportBytes;
    uint256 private immutable _idleEpochs;
    uint256 private immutable _emission;
    uint256 private immutable _halvingEpochs;

    /// Root of the payouts through an epoch; zero while it is not settled.
    mapping(uint32 epoch => bytes32) public payouts;
    /// Epochs up to the last one whose payouts are settled.
    uint32 public settledEpochs;
    uint96 public minted;
    mapping(address owner => uint96) public claimed;
    /// Weight behind a root; `id` is the hash of the epoch and the root.
    mapping(bytes32 id => uint96) public votes;
    mapping(address node => Ballot) private _ballots;

    event Anchored(uint32 indexed epoch, address indexed node, bytes32 root, uint32 count, uint96 feeSum);
    event Committed(uint32 indexed epoch, address indexed validator, bytes32 seal, bytes report);
    event Revealed(
        uint32 indexed epoch,
        address indexed validator,
        bytes32 key,
        bytes32 payout,
        uint96 weight
    );
    event Settled(uint32 indexed epoch, bytes32 payout);
    event Claimed(address indexed owner, uint32 indexed epoch, uint96 amount);

    error WrongPhase();
    error NotActive();
    error AlreadyDone();
    error ReportTooLong(uint256 length, uint256 maximum);
    error BadSeal();
    error NotSettled();
    error BadProof();
    error NothingToClaim(uint96 cumulative, uint96 claimed);
    error EmissionExceeded(uint96 minted, uint96 amount, uint256 allowed);
    error NotIdle(uint32 lastReveal);

    constructor(address runtime_, CortensorToken token_, NodeRegistry registry_, Parameters memory p) {
        runtime = runtime_;
        token = token_;
        registry = registry_;
        parametersHash = keccak256(abi.encode(p));
        _genesis = p.genesis;
        _epochSeconds = p.epochSeconds;
        _anchorSeconds = p.anchorSeconds;
        _commitSeconds = p.commitSeconds;
        _revealSeconds = p.revealSeconds;
        _reportBytes = p.reportBytes;
        _idleEpochs = p.idleEpochs;
        _emission = p.emission;
        _halvingEpochs = p.halvingEpochs;
    }

    /// By an active node, once: root, number and fees of its receipts of the epoch that has just ended.
    function anchor(uint32 epoch, bytes32 root, uint32 count, uint96 feeSum) external {
        _checkPhase(epoch, 0, _anchorSeconds);
        _checkActive(msg.sender, epoch);
        Ballot storage ballot = _ballots[msg.sender];
        if (ballot.anchored == epoch + 1) revert AlreadyDone();
        ballot.anchored = epoch + 1;
        emit Anchored(epoch, msg.sender, root, count, feeSum);
    }

    /// By a validator, once: its report of the epoch that has just ended, unreadable until its key is known.
    function commit(uint32 epoch, bytes32 seal, bytes calldata report) external {
        _checkPhase(epoch, _anchorSeconds, _commitSeconds);
        if (_checkActive(msg.sender, epoch) != Role.Validator) revert NotActive();
        if (report.length > _reportBytes) revert ReportTooLong(report.length, _reportBytes);
        Ballot storage ballot = _ballots[msg.sender];
        if (ballot.committed == epoch + 1) revert AlreadyDone();
        ballot.seal = seal;
        ballot.committed = epoch + 1;
        emit Committed(epoch, msg.sender, seal, report);
    }

    /// For anyone. `payout`: root of the payouts through the epoch before `epoch`; zero abstains.
    function reveal(uint32 epoch, address validator, bytes32 key, bytes32 payout) external {
        _checkPhase(epoch, _commitSeconds, _revealSeconds);
        Ballot storage ballot = _ballots[validator];
        if (ballot.revealed == epoch + 1) revert AlreadyDone();
        if (ballot.committed != epoch + 1) revert BadSeal();
        if (keccak256(abi.encode(key, validator, epoch, payout)) != ballot.seal) revert BadSeal();
        ballot.revealed = epoch + 1;
        uint96 weight = registry.weightOf(validator, epoch + 1);
        emit Revealed(epoch, validator, key, payout, weight);
        if (epoch > 0 && payout != bytes32(0)) _vote(epoch - 1, payout, weight);
    }

    /// For anyone: pays the owner what a settled root says beyond what was paid before.
    function claim(address owner, uint32 epoch, uint96 cumulative, bytes32[] calldata proof) external {
        bytes32 root = payouts[epoch];
        if (root == bytes32(0)) revert NotSettled();
        bytes32 leaf = keccak256(bytes.concat(keccak256(abi.encode(owner, cumulative))));
        // Owner 0 is the leaf that names the settled state.
        if (owner == address(0) || !MerkleProof.verifyCalldata(proof, root, leaf)) revert BadProof();
        uint96 before = claimed[owner];
        if (cumulative <= before) revert NothingToClaim(cumulative, before);
        uint96 amount = cumulative - before;
        uint256 allowed = emissionUntil(settledEpochs);
        uint256 total = uint256(minted) + amount;
        if (total > allowed) revert EmissionExceeded(minted, amount, allowed);
        minted = uint96(total);
        claimed[owner] = cumulative;
        emit Claimed(owner, epoch, amount);
        token.mint(owner, amount);
    }

    /// For anyone: takes the weight of a validator that has let `idleEpochs` pass. Its `Suspended` is the registry's.
    function suspend(address validator) external {
        (uint256 epoch, uint256 seconds_) = _now();
        // The last epoch is not over before it can no longer be revealed.
        uint256 reported = seconds_ >= _revealSeconds || epoch == 0 ? epoch : epoch - 1;
        uint32 revealed = _ballots[validator].revealed;
        uint32 since = registry.nodeOf(validator).since;
        if (reported < (revealed > since ? revealed : since) + _idleEpochs) revert NotIdle(revealed);
        registry.suspend(validator);
    }

    function ballots(address validator) external view returns (Ballot memory) {
        return _ballots[validator];
    }

    /// All that may be minted for this many epochs from the first on: a constant for an epoch, halved again and again.
    function emissionUntil(uint256 epochs) public view returns (uint256 sum) {
        uint256 halvings = epochs / _halvingEpochs;
        for (uint256 i = 0; i < halvings && _emission >> i > 0; i++) sum += _halvingEpochs * (_emission >> i);
        sum += (epochs % _halvingEpochs) * (_emission >> halvings);
    }

    function _vote(uint32 epoch, bytes32 payout, uint96 weight) private {
        bytes32 id = keccak256(abi.encode(epoch, payout));
        uint96 sum = votes[id] + weight;
        votes[id] = sum;
        if (payouts[epoch] != bytes32(0) || 3 * uint256(sum) < 2 * uint256(registry.totalWeight(epoch + 2))) return;
        payouts[epoch] = payout;
        settledEpochs = epoch + 1;
        emit Settled(epoch, payout);
    }

    /// The epoch just before this one, in [from, until) seconds after its end.
    function _checkPhase(uint32 epoch, uint256 from, uint256 until) private view {
        (uint256 current, uint256 seconds_) = _now();
        if (current != uint256(epoch) + 1 || seconds_ < from || seconds_ >= until) revert WrongPhase();
    }

    /// Registered before the epoch began, and with weight in the one after it.
    function _checkActive(address node, uint32 epoch) private view returns (Role) {
        Node memory n = registry.nodeOf(node);
        if (n.owner == address(0) || n.since > epoch) revert NotActive();
        if (registry.weightOf(node, epoch + 1) == 0) revert NotActive();
        return n.role;
    }

    function _now() private view returns (uint256 epoch, uint256 seconds_) {
        uint256 elapsed = block.timestamp - _genesis;
        return (elapsed / _epochSeconds, elapsed % _epochSeconds);
    }
}
