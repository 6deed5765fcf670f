// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {Eip712Domain} from "./Eip712Domain.sol";

/// A one-way payment channel; its id is the hash of this. Payer and recipient are cold keys, signer and payee hot ones.
struct Session {
    address payer;
    address signer;
    address payee;
    address recipient;
    bytes32 terms;
    uint40 expiry;
    bytes32 salt;
}

struct State {
    uint96 deposit;
    uint96 redeemed;
    uint40 closesAt; // 0 while nobody closes it; the expiry holds then
    bool ended;
}

/**
 * Payment sessions: a payer locks money, its signer writes vouchers over the sum owed so far, the payee redeems them.
 *
 * Threats. A payer cannot take money back before `closeDelay` has passed, which is the payee's time to redeem; only the
 * payee's side ends a session earlier. A payee gets what the highest voucher says, never more than the deposit. Whoever
 * sends a transaction, money goes to the recipient or back to the payer, both part of the id. A voucher names its
 * session, and the domain its network and chain. An id is used once and stays shut, so no voucher counts twice. A payee
 * that does not look at the chain for `closeDelay` can lose what it has not redeemed; a hot signer that is stolen can
 * sign away the deposit to this one recipient, and nothing else.
 */
contract SessionEscrow is Eip712Domain {
    bytes32 private constant VOUCHER = keccak256("Voucher(bytes32 session,uint96 cumulative)");

    IERC20 public immutable token;
    uint32 public immutable closeDelay;

    mapping(bytes32 id => State) private _states;

    event Opened(
        bytes32 indexed id,
        address indexed payer,
        address indexed payee,
        Session session,
        uint96 deposit
    );
    event ToppedUp(bytes32 indexed id, uint96 amount, uint96 deposit);
    event Redeemed(bytes32 indexed id, address indexed payee, uint96 amount, uint96 cumulative);
    event Closing(bytes32 indexed id, uint40 closesAt);
    event Ended(bytes32 indexed id, uint96 refund);

    error NotPayer();
    error NotPayee();
    error SessionExists();
    error SessionUnknown();
    error SessionEnded();
    error SessionClosing(bytes32 id, uint40 closesAt);
    error StillOpen(bytes32 id, uint40 closesAt);
    error BadExpiry();
    error BadSigner(address recovered);
    error NothingNew(uint96 cumulative, uint96 redeemed);
    error ZeroAmount();

    constructor(address runtime_, IERC20 token_, uint32 closeDelay_) Eip712Domain(runtime_) {
        token = token_;
        closeDelay = closeDelay_;
    }

    function open(Session calldata s, uint96 amount) external returns (bytes32 id) {
        return _open(s, amount);
    }

    /// The permit may have been used by somebody else already; what counts is the allowance.
    function openWithPermit(
        Session calldata s,
        uint96 amount,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 t
    ) external returns (bytes32 id) {
        try IERC20Permit(address(token)).permit(msg.sender, address(this), amount, deadline, v, r, t) {} catch {}
        return _open(s, amount);
    }

    function topUp(Session calldata s, uint96 amount) external {
        if (amount == 0) revert ZeroAmount();
        bytes32 id = idOf(s);
        State storage state = _live(id);
        uint40 closesAt = _closesAt(s, state);
        if (state.closesAt != 0 || block.timestamp >= closesAt) revert SessionClosing(id, closesAt);
        uint96 deposit = state.deposit + amount;
        state.deposit = deposit;
        emit ToppedUp(id, amount, deposit);
        token.transferFrom(msg.sender, address(this), amount);
    }

    /// For anyone, any number of times; never ends the session.
    function redeem(Session calldata s, uint96 cumulative, bytes32 r, bytes32 vs) external {
        bytes32 id = idOf(s);
        State storage state = _live(id);
        _checkVoucher(id, cumulative, s.signer, r, vs);
        uint96 amount = _credit(id, s.payee, state, cumulative);
        if (amount == 0) revert NothingNew(cumulative, state.redeemed);
        token.transfer(s.recipient, amount);
    }

    /// Redeems and ends at once. Without a voucher (`cumulative` 0 or redeemed before) it only ends.
    function settle(Session calldata s, uint96 cumulative, bytes32 r, bytes32 vs) external {
        if (msg.sender != s.payee && msg.sender != s.recipient) revert NotPayee();
        bytes32 id = idOf(s);
        State storage state = _live(id);
        uint96 amount;
        if (cumulative > state.redeemed) {
            _checkVoucher(id, cumulative, s.signer, r, vs);
            amount = _credit(id, s.payee, state, cumulative);
        }
        uint96 refund = _end(id, state);
        if (amount > 0) token.transfer(s.recipient, amount);
        if (refund > 0) token.transfer(s.payer, refund);
    }

    function close(Session calldata s) external {
        if (msg.sender != s.payer && msg.sender != s.signer) revert NotPayer();
        bytes32 id = idOf(s);
        State storage state = _live(id);
        if (state.closesAt != 0) revert SessionClosing(id, state.closesAt);
        uint40 closesAt = uint40(block.timestamp) + closeDelay;
        if (closesAt > s.expiry) closesAt = s.expiry;
        state.closesAt = closesAt;
        emit Closing(id, closesAt);
    }

    /// For anyone, once the session has closed or expired.
    function withdraw(Session calldata s) external {
        bytes32 id = idOf(s);
        State storage state = _live(id);
        uint40 closesAt = _closesAt(s, state);
        if (block.timestamp < closesAt) revert StillOpen(id, closesAt);
        uint96 refund = _end(id, state);
        if (refund > 0) token.transfer(s.payer, refund);
    }

    function stateOf(bytes32 id) external view returns (State memory) {
        return _states[id];
    }

    function idOf(Session calldata s) public pure returns (bytes32) {
        return keccak256(abi.encode(s));
    }

    function _open(Session calldata s, uint96 amount) private returns (bytes32 id) {
        if (msg.sender != s.payer) revert NotPayer();
        if (amount == 0) revert ZeroAmount();
        if (s.expiry <= block.timestamp + closeDelay) revert BadExpiry();
        id = idOf(s);
        State storage state = _states[id];
        if (state.deposit != 0) revert SessionExists();
        state.deposit = amount;
        emit Opened(id, s.payer, s.payee, s, amount);
        token.transferFrom(msg.sender, address(this), amount);
    }

    function _live(bytes32 id) private view returns (State storage state) {
        state = _states[id];
        if (state.deposit == 0) revert SessionUnknown();
        if (state.ended) revert SessionEnded();
    }

    function _closesAt(Session calldata s, State storage state) private view returns (uint40) {
        return state.closesAt == 0 ? s.expiry : state.closesAt;
    }

    function _checkVoucher(bytes32 id, uint96 cumulative, address signer, bytes32 r, bytes32 vs) private view {
        address recovered = _recover(keccak256(abi.encode(VOUCHER, id, cumulative)), r, vs);
        if (recovered == address(0) || recovered != signer) revert BadSigner(recovered);
    }

    /// What the voucher adds to what was redeemed, the deposit being the limit.
    function _credit(
        bytes32 id,
        address payee,
        State storage state,
        uint96 cumulative
    ) private returns (uint96 amount) {
        uint96 covered = cumulative < state.deposit ? cumulative : state.deposit;
        if (covered <= state.redeemed) return 0;
        amount = covered - state.redeemed;
        state.redeemed = covered;
        emit Redeemed(id, payee, amount, cumulative);
    }

    function _end(bytes32 id, State storage state) private returns (uint96 refund) {
        refund = state.deposit - state.redeemed;
        state.ended = true;
        emit Ended(id, refund);
    }
}
