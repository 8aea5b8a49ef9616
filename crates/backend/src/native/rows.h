// The passes over feature maps of a norm and what follows it, each reading and writing memory once: 32-bit floats
// or bfloat16 on the processor, channels innermost, every sum and product in 32 bits. CUDA and other types take
// libtorch's own operations instead, see layer.cpp.

#pragma once

#include <ATen/ATen.h>

namespace colorize {

// Whether the passes below can walk over this map: pixels one after the other, rows anywhere.
bool walkable(const at::Tensor& map);

// Mean and biased variance of every channel of `map`, as 64-bit floats: [2, channels], or [2, batch, channels] with
// `per_image`.
at::Tensor statistics(const at::Tensor& map, bool per_image);

// map * scale + offset for each channel, cut off below zero with `relu`, plus `shortcut` where it is defined: over `map`
// itself with `in_place`, else into a new one. `scale` and `offset` are [channels] or [batch, channels].
at::Tensor normalized(const at::Tensor& map, const at::Tensor& scale, const at::Tensor& offset,
                      const at::Tensor& shortcut, bool relu, bool in_place);

// map + bias, plus `shortcut` where it is defined, cut off below `least` and above `most`: over `map` itself. `bias` is
// [channels].
void finish(const at::Tensor& map, const at::Tensor& bias, const at::Tensor& shortcut, float least, float most);

// What the backward passes know of every channel, 32-bit floats, [channels] or [batch, channels].
struct Channels {
    at::Tensor scale, offset, mean;
};

// The sums over each channel of the gradient behind the relu, and of its product with map - mean: 64-bit floats, as large
// as the statistics.
at::Tensor gradient_sums(const at::Tensor& gradient, const at::Tensor& map, const Channels& channels, bool relu);

// scale * gradient + slope * (map - mean) + level, into a new map of `height` by `width`, zero beyond the gradient's.
at::Tensor map_gradient(const at::Tensor& gradient, const at::Tensor& map, const Channels& channels,
                        const at::Tensor& slope, const at::Tensor& level, int64_t height, int64_t width, bool relu);

}  // namespace colorize
