"""The faster layers of `planes.py` give what PyTorch's own do, and pass the same gradients back."""

import copy

import torch
from torch import nn

from planes import LastNorm3d, LastUp3d, PlaneConv3d, SliceConv3d, use_plane_convolutions


def agree(layer: nn.Module, form: type, size: tuple[int, int, int]) -> None:
    x = torch.randn(1, 8, *size, dtype=torch.float64).contiguous(memory_format=torch.channels_last_3d)
    layer = layer.double()
    fast = use_plane_convolutions(copy.deepcopy(layer))
    assert type(fast) is form, type(fast)
    plain_x, fast_x = x.clone().requires_grad_(), x.clone(memory_format=torch.preserve_format).requires_grad_()
    plain, quick = layer(plain_x), fast(fast_x)
    upstream = torch.randn_like(plain)
    plain.backward(upstream)
    quick.backward(upstream)
    torch.testing.assert_close(quick, plain)
    torch.testing.assert_close(fast_x.grad, plain_x.grad)
    for a, b in zip(fast.parameters(), layer.parameters()):
        torch.testing.assert_close(a.grad, b.grad)


if __name__ == "__main__":
    torch.manual_seed(0)
    for size in ((5, 6, 7), (8, 4, 6), (1, 3, 2), (2, 2, 2)):
        agree(nn.Conv3d(8, 12, 3, 1, 1), PlaneConv3d, size)
        agree(nn.Conv3d(8, 12, 3, 2, 1), PlaneConv3d, size)
        agree(nn.Conv3d(8, 12, (1, 3, 3), 1, (0, 1, 1)), SliceConv3d, size)
        agree(nn.InstanceNorm3d(8, affine=True), LastNorm3d, size)
        agree(nn.ConvTranspose3d(8, 4, 2, 2), LastUp3d, size)
    print("planes: all as PyTorch's own")
