// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Burnable} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Burnable.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

/**
 * COR.
 *
 * Threats. Nobody mints after deployment in this version: the treasury's share is all there is, and the rest of the cap
 * is left to the rewards contract of a later `Runtime`. Nobody can pause, freeze, seize or upgrade. Burning lowers the
 * supply for good. Permits are signatures over this contract's own domain, so they hold on one chain and one token.
 */
contract CortensorToken is ERC20, ERC20Burnable, ERC20Permit {
    uint256 public constant CAP = 1_000_000_000e18;
    uint256 public constant TREASURY_SHARE = 650_000_000e18;

    constructor(address treasury) ERC20("Cortensor", "COR") ERC20Permit("Cortensor") {
        _mint(treasury, TREASURY_SHARE);
    }
}
