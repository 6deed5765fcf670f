// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Burnable} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Burnable.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {IRuntime} from "./IRuntime.sol";

/**
 * COR: 1,000,000,000 at most, 650 M to the treasury at deployment, the rest as rewards.
 *
 * Threats. Only the rewards contract named by the `Runtime` mints; where there is none, nobody does. What was minted is
 * counted apart from the supply, so burning does not re-open the cap. Nobody pauses, freezes, seizes or upgrades.
 * Permits are signed over this token's own domain and hold on one chain and one token.
 */
contract CortensorToken is ERC20, ERC20Burnable, ERC20Permit {
    uint256 public constant TREASURY_SHARE = 650_000_000e18;
    uint256 public constant REWARDS_CAP = 350_000_000e18;

    address public immutable runtime;
    uint256 public rewardsMinted;

    error NotRewards();
    error CapExceeded(uint256 minted, uint256 amount);

    constructor(address runtime_, address treasury) ERC20("Cortensor", "COR") ERC20Permit("Cortensor") {
        runtime = runtime_;
        _mint(treasury, TREASURY_SHARE);
    }

    /// Its event is the `Transfer` from the zero address.
    function mint(address to, uint256 amount) external {
        if (msg.sender != IRuntime(runtime).rewards()) revert NotRewards();
        uint256 minted = rewardsMinted;
        if (amount > REWARDS_CAP - minted) revert CapExceeded(minted, amount);
        rewardsMinted = minted + amount;
        _mint(to, amount);
    }
}
