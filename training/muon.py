"""The Muon optimizer (Jordan et al. 2024): momentum whose matrix is brought near an orthogonal one before the step.

Updates are scaled as in Liu et al. 2025 (arXiv 2502.16982), so that one learning rate serves it and AdamW.
"""

import torch
from torch import nn


def orthogonal(matrix: torch.Tensor, rounds: int = 5) -> torch.Tensor:
    """Close to the nearest semi-orthogonal matrix, by a quintic Newton-Schulz iteration.

    Every step multiplies by a polynomial of the Gram matrix, so the steps are gathered in that small square matrix and the long one
    is multiplied once.
    """
    a, b, c = 3.4445, -4.7750, 2.0315
    x = matrix / (matrix.norm() + 1e-7)
    tall = x.shape[0] > x.shape[1]
    x = x.T if tall else x
    gram = x @ x.T
    one = torch.eye(gram.shape[0])
    total = one
    for _ in range(rounds):
        factor = a * one + b * gram + c * gram @ gram
        total = factor @ total
        gram = factor @ gram @ factor
    x = total @ x
    return x.T if tall else x


class Muon(torch.optim.Optimizer):
    """For weights of two or more dimensions; the first is the rows of the matrix, all others its columns."""

    def __init__(self, params, lr: float, momentum: float = 0.95, weight_decay: float = 0.0):
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure=None) -> None:
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                slow = self.state[p].setdefault("momentum", torch.zeros_like(p))
                slow.lerp_(p.grad, 1 - group["momentum"])
                ahead = p.grad.lerp(slow, group["momentum"])
                matrix = ahead.reshape(ahead.shape[0], -1)
                update = orthogonal(matrix) * (0.2 * max(matrix.shape) ** 0.5)
                p.mul_(1 - group["lr"] * group["weight_decay"])
                p.add_(update.reshape(p.shape), alpha=-group["lr"])


def optimizers(net: nn.Module, weight_decay: float) -> list[torch.optim.Optimizer]:
    """Muon for the kernels, AdamW for biases, norms and the outputs. Learning rates are set before every step."""
    kernels = [p for p in net.parameters() if p.ndim == 5 and min(p.shape[0], p[0].numel()) > 2]
    taken = {id(p) for p in kernels}
    others = [p for p in net.parameters() if id(p) not in taken]
    return [Muon(kernels, lr=0.0, weight_decay=weight_decay), torch.optim.AdamW(others, lr=0.0, betas=(0.9, 0.98), weight_decay=0.0)]
