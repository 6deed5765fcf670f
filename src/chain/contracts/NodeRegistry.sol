// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Eip712Domain} from "./Eip712Domain.sol";
import {IRuntime, Parameters} from "./IRuntime.sol";

enum Role {
    None,
    Miner,
    Validator,
    Router
}

struct Node {
    address owner;
    Role role;
    uint32 index; // type(uint32).max once displaced
    uint32 since; // first epoch in which the node counts
    bool suspended;
    uint96 active; // weight before changeEpoch
    uint96 next; // stake; the weight from changeEpoch on, unless suspended
    uint32 changeEpoch;
    uint96 unbonding;
    uint40 releaseAt;
}

/**
 * Nodes and their stake. The owner's key holds the money, the node's key works.
 *
 * Threats. Stake leaves only to the owner, and only after it has answered for `unbondingEpochs` more. A node's key moves
 * no money and changes no owner. Nobody registers a key without its signature over owner and role, so nobody takes a
 * name from its holder, and the sender must be that owner, so a signature seen in the open helps nobody else. A change
 * of stake, suspension or displacement counts from the next epoch on: weights do not move while an epoch is settled.
 * Anyone may add to any stake; an owner who leaves asks for more than there is, so such a gift cannot hold it. A role
 * that is full is not closed by squatters: more stake takes the place of less, which is released, never lost.
 */
contract NodeRegistry is Eip712Domain {
    bytes32 private constant REGISTER = keccak256("Register(address owner,uint8 role)");
    uint32 private constant NO_INDEX = type(uint32).max;
    uint256 public constant MAX_ADDRESSES_BYTES = 1024;

    struct Total {
        uint96 active;
        uint96 next;
        uint32 changeEpoch;
    }

    IERC20 public immutable token;

    mapping(address node => Node) private _nodes;
    mapping(address node => string) private _addresses;
    mapping(Role => uint32) public countOf;
    address[] private _slots;
    uint32[] private _freeSlots;
    Total private _validators;

    event Registered(
        address indexed node,
        address indexed owner,
        Role indexed role,
        uint32 index,
        uint32 since,
        uint96 stake
    );
    event Announced(address indexed node, string addresses);
    event StakeChanged(address indexed node, uint96 stake, uint32 fromEpoch);
    event Unbonding(address indexed node, uint96 amount, uint96 unbonding, uint40 releaseAt);
    event Withdrawn(address indexed node, address indexed owner, uint96 amount, bool removed);
    event Displaced(address indexed node, address indexed by);
    event Suspended(address indexed node, uint32 fromEpoch);
    event Resumed(address indexed node, uint32 fromEpoch);

    error NotOwner();
    error NotAuthorised();
    error AlreadyRegistered();
    error UnknownNode();
    error BadRole();
    error BadNodeSignature();
    error StakeTooLow(uint96 stake, uint96 minimum);
    error RegistryFull();
    error AddressesTooLong(uint256 length, uint256 maximum);
    error ZeroAmount();
    error NothingToWithdraw(uint40 releaseAt);
    error NotSuspended();
    error Stale(uint32 epoch);

    constructor(address runtime_, IERC20 token_) Eip712Domain(runtime_) {
        token = token_;
    }

    /// The sender becomes the owner. `addresses`: one a line. `displaced` is looked at only when the role is full.
    function register(
        address node,
        Role role,
        uint96 amount,
        string calldata addresses,
        bytes32 r,
        bytes32 vs,
        address displaced
    ) external {
        _checkNewcomer(node, role, r, vs);
        _checkStake(amount);
        uint32 epoch = currentEpoch();
        uint32 index = _takeSlot(node, role, amount, displaced);
        Node storage n = _nodes[node];
        n.owner = msg.sender;
        n.role = role;
        n.index = index;
        n.since = epoch + 1;
        n.changeEpoch = epoch + 1;
        emit Registered(node, msg.sender, role, index, epoch + 1, amount);
        _setStake(node, n, amount, epoch);
        _announce(node, role, addresses);
        token.transferFrom(msg.sender, address(this), amount);
    }

    /// By the node's key. Kept for routers, which are found by it; a log for the others.
    function announce(string calldata addresses) external {
        _announce(msg.sender, _listed(msg.sender).role, addresses);
    }

    /// For anyone; in force from the next epoch.
    function stake(address node, uint96 amount) external {
        if (amount == 0) revert ZeroAmount();
        Node storage n = _listed(node);
        uint96 total = n.next + amount;
        _checkStake(total);
        _setStake(node, n, total, currentEpoch());
        token.transferFrom(msg.sender, address(this), amount);
    }

    /// Takes all when there is less than `amount`. What remains is 0 or at least the minimum.
    function unstake(address node, uint96 amount) external {
        Node storage n = _nodes[node];
        if (msg.sender != n.owner) revert NotOwner();
        if (amount > n.next) amount = n.next;
        if (amount == 0) revert ZeroAmount();
        if (amount < n.next) _checkStake(n.next - amount);
        _unbond(node, n, amount);
    }

    /// What was unstaked goes to the owner; with nothing left the node is forgotten and its index free.
    function withdraw(address node) external {
        Node storage n = _nodes[node];
        address owner = n.owner;
        if (msg.sender != owner) revert NotOwner();
        uint96 amount = n.unbonding;
        if (amount == 0 || block.timestamp < n.releaseAt) revert NothingToWithdraw(n.releaseAt);
        bool removed = n.next == 0;
        n.unbonding = 0;
        n.releaseAt = 0;
        if (removed) _remove(node, n);
        emit Withdrawn(node, owner, amount, removed);
        token.transfer(owner, amount);
    }

    /// By the rewards contract, for an idle validator.
    function suspend(address node) external {
        if (msg.sender != IRuntime(runtime).rewards()) revert NotAuthorised();
        Node storage n = _listed(node);
        if (n.role != Role.Validator || n.suspended) revert NotAuthorised();
        uint32 epoch = currentEpoch();
        _change(n, n.next, true, epoch);
        emit Suspended(node, epoch + 1);
    }

    /// By the node's key. It counts from the next epoch on, like a newcomer.
    function resume() external {
        Node storage n = _listed(msg.sender);
        if (!n.suspended) revert NotSuspended();
        uint32 epoch = currentEpoch();
        n.since = epoch + 1;
        _change(n, n.next, false, epoch);
        emit Resumed(msg.sender, epoch + 1);
    }

    function currentEpoch() public view returns (uint32) {
        return IRuntime(runtime).currentEpoch();
    }

    function nodeOf(address node) external view returns (Node memory) {
        return _nodes[node];
    }

    /// Zero where an index is free.
    function nodeAt(uint32 index) external view returns (address) {
        return _slots[index];
    }

    /// Indexes run from 0 to one less.
    function slots() external view returns (uint32) {
        return uint32(_slots.length);
    }

    function addressesOf(address node) external view returns (string memory) {
        return _addresses[node];
    }

    /// Exact for this epoch, and for the next as things stand; earlier ones are not kept.
    function weightOf(address node, uint32 epoch) external view returns (uint96) {
        _checkFresh(epoch);
        Node storage n = _nodes[node];
        return epoch < n.changeEpoch ? n.active : _weight(n);
    }

    /// Of all validators.
    function totalWeight(uint32 epoch) external view returns (uint96) {
        _checkFresh(epoch);
        return epoch < _validators.changeEpoch ? _validators.active : _validators.next;
    }

    function _checkNewcomer(address node, Role role, bytes32 r, bytes32 vs) private view {
        if (role == Role.None) revert BadRole();
        if (_nodes[node].owner != address(0)) revert AlreadyRegistered();
        address signer = _recover(keccak256(abi.encode(REGISTER, msg.sender, role)), r, vs);
        if (signer == address(0) || signer != node) revert BadNodeSignature();
    }

    function _checkStake(uint96 amount) private view {
        uint96 minimum = _parameters().minimumStake;
        if (amount < minimum) revert StakeTooLow(amount, minimum);
    }

    function _checkFresh(uint32 epoch) private view {
        if (epoch < currentEpoch()) revert Stale(epoch);
    }

    function _takeSlot(address node, Role role, uint96 amount, address displaced) private returns (uint32 index) {
        Parameters memory p = _parameters();
        if (countOf[role] >= (role == Role.Validator ? p.maxValidators : p.maxNodes)) {
            _displace(role, amount, displaced, node);
        }
        countOf[role] += 1;
        uint256 free = _freeSlots.length;
        if (free > 0) {
            index = _freeSlots[free - 1];
            _freeSlots.pop();
            _slots[index] = node;
        } else {
            index = uint32(_slots.length);
            _slots.push(node);
        }
    }

    function _displace(Role role, uint96 amount, address node, address by) private {
        Node storage n = _nodes[node];
        if (n.owner == address(0) || n.role != role || n.index == NO_INDEX) revert RegistryFull();
        if (!n.suspended && n.next >= amount) revert RegistryFull();
        emit Displaced(node, by);
        if (n.next > 0) _unbond(node, n, n.next);
        _freeSlot(n);
        delete _addresses[node];
    }

    function _freeSlot(Node storage n) private {
        if (n.index == NO_INDEX) return;
        countOf[n.role] -= 1;
        _slots[n.index] = address(0);
        _freeSlots.push(n.index);
        n.index = NO_INDEX;
    }

    function _remove(address node, Node storage n) private {
        _freeSlot(n);
        delete _nodes[node];
        delete _addresses[node];
    }

    function _announce(address node, Role role, string calldata addresses) private {
        uint256 length = bytes(addresses).length;
        if (length > MAX_ADDRESSES_BYTES) revert AddressesTooLong(length, MAX_ADDRESSES_BYTES);
        if (role == Role.Router) _addresses[node] = addresses;
        emit Announced(node, addresses);
    }

    function _unbond(address node, Node storage n, uint96 amount) private {
        uint32 epoch = currentEpoch();
        Parameters memory p = _parameters();
        uint96 unbonding = n.unbonding + amount;
        uint40 releaseAt = p.genesis + uint40(epoch + 1 + p.unbondingEpochs) * p.epochSeconds;
        n.unbonding = unbonding;
        n.releaseAt = releaseAt;
        _setStake(node, n, n.next - amount, epoch);
        emit Unbonding(node, amount, unbonding, releaseAt);
    }

    function _setStake(address node, Node storage n, uint96 amount, uint32 epoch) private {
        _change(n, amount, n.suspended, epoch);
        emit StakeChanged(node, amount, epoch + 1);
    }

    /// The only place where weights change: from the next epoch on, this one keeping what it had.
    function _change(Node storage n, uint96 amount, bool suspended, uint32 epoch) private {
        uint96 before = _weight(n);
        if (n.changeEpoch <= epoch) {
            n.active = before;
            n.changeEpoch = epoch + 1;
        }
        n.next = amount;
        n.suspended = suspended;
        if (n.role != Role.Validator) return;
        Total memory total = _validators;
        if (total.changeEpoch <= epoch) {
            total.active = total.next;
            total.changeEpoch = epoch + 1;
        }
        total.next = total.next - before + _weight(n);
        _validators = total;
    }

    function _weight(Node storage n) private view returns (uint96) {
        return n.suspended ? 0 : n.next;
    }

    /// A node that is registered and not displaced.
    function _listed(address node) private view returns (Node storage n) {
        n = _nodes[node];
        if (n.owner == address(0) || n.index == NO_INDEX) revert UnknownNode();
    }

    function _parameters() private view returns (Parameters memory) {
        return IRuntime(runtime).parameters();
    }
}
