#include "thin.h"

namespace colorize {
namespace {

constexpr auto NHWC = at::MemoryFormat::ChannelsLast;
constexpr int64_t PAIR = 2;
// Output channels that fill a vector register.
constexpr int64_t LANES = 16;

bool is_thin_case(const at::Tensor& input, const at::Tensor& weight, int64_t stride, int64_t padding) {
    const bool known = input.scalar_type() == at::kFloat || input.scalar_type() == at::kBFloat16;
    return input.device().is_cpu() && known && stride == 1 && weight.size(2) >= 5 &&
           weight.size(2) % 2 == 1 && weight.size(3) == weight.size(2) && 2 * padding == weight.size(2) - 1;
}

// `pixels` neighbors of a row as channels; the same memory.
at::Tensor grouped(const at::Tensor& map, int64_t pixels) {
    const auto last = map.permute({0, 2, 3, 1});
    return last.reshape({map.size(0), map.size(2), map.size(3) / pixels, pixels * map.size(1)}).permute({0, 3, 1, 2});
}

at::Tensor ungrouped(const at::Tensor& map, int64_t pixels) {
    const auto last = map.permute({0, 2, 3, 1});
    return last.reshape({map.size(0), map.size(2), map.size(3) * pixels, map.size(1) / pixels}).permute({0, 3, 1, 2});
}

// [channels_out, channels_in, size, size] to [pixels channels_out, channels_in, size, size + pixels - 1]: the kernel
// of each pixel, one further to the right than the last one's.
at::Tensor shifted(const at::Tensor& weight, int64_t pixels) {
    const int64_t size = weight.size(3);
    auto wide = at::zeros({pixels, weight.size(0), weight.size(1), size, size + pixels - 1}, weight.options());
    for (int64_t pixel = 0; pixel < pixels; ++pixel) wide[pixel].narrow(3, pixel, size).copy_(weight);
    return wide.flatten(0, 1);
}

int64_t output_pixels(const at::Tensor& input, int64_t channels) {
    int64_t pixels = 1;
    while (2 * pixels * channels <= LANES && input.size(3) % (2 * pixels) == 0) pixels *= 2;
    return pixels;
}

// Columns of pairs as channels: [.., channels, size, size + 1] to [.., 2 channels, size, (size + 1) / 2].
at::Tensor in_pairs(const at::Tensor& wide) {
    return wide.unflatten(3, {wide.size(3) / PAIR, PAIR}).permute({0, 4, 1, 2, 3}).flatten(1, 2).contiguous(NHWC);
}

}  // namespace

bool FewInputs::fits(const at::Tensor& input, const at::Tensor& weight, int64_t stride, int64_t padding) {
    return is_thin_case(input, weight, stride, padding) && weight.size(1) == 1 && input.size(3) % PAIR == 0 &&
           padding % 2 == 0;
}

at::Tensor FewInputs::prepared(const at::Tensor& input, int64_t padding) {
    const auto padded = at::constant_pad_nd(input.contiguous(NHWC), {padding, padding, padding, padding});
    return grouped(padded.contiguous(NHWC), PAIR);
}

bool FewInputs::is_prepared(const at::Tensor& input, const at::Tensor& weight) {
    return input.size(1) == PAIR * weight.size(1);
}

at::Tensor FewInputs::input_of(const at::Tensor& prepared, int64_t padding) {
    const auto padded = ungrouped(prepared, PAIR);
    return padded.narrow(2, padding, padded.size(2) - 2 * padding)
        .narrow(3, padding, padded.size(3) - 2 * padding)
        .contiguous(NHWC);
}

at::Tensor FewInputs::convolved(const at::Tensor& prepared, const at::Tensor& weight) {
    return ungrouped(at::conv2d(prepared, in_pairs(shifted(weight, PAIR))), PAIR);
}

at::Tensor FewInputs::weight_gradient(const at::Tensor& gradient, const at::Tensor& prepared,
                                      const at::Tensor& weight) {
    const int64_t size = weight.size(3);
    const auto paired_weight = in_pairs(shifted(weight.to(prepared.scalar_type()), PAIR));
    const auto paired = std::get<1>(at::convolution_backward(grouped(gradient, PAIR), prepared, paired_weight,
                                                             c10::nullopt, {1, 1}, {0, 0}, {1, 1}, false, {0, 0}, 1,
                                                             {false, true, false}));
    // Back the way of `in_pairs` and `shifted`, which are linear: their transposes.
    const auto wide = paired.contiguous()
                          .view({PAIR, weight.size(0), PAIR, weight.size(1), size, (size + 1) / PAIR})
                          .permute({0, 1, 3, 4, 5, 2})
                          .flatten(4, 5);
    return wide[0].narrow(3, 0, size) + wide[1].narrow(3, 1, size);
}

bool FewOutputs::fits(const at::Tensor& input, const at::Tensor& weight, int64_t stride, int64_t padding) {
    return is_thin_case(input, weight, stride, padding) && output_pixels(input, weight.size(1)) > 1;
}

at::Tensor FewOutputs::convolved(const at::Tensor& input, const at::Tensor& weight, int64_t padding) {
    const int64_t pixels = output_pixels(input, weight.size(1));
    const auto plain = weight.flip({2, 3}).transpose(0, 1);
    const auto wide = shifted(plain, pixels).contiguous(NHWC);
    return ungrouped(at::conv2d(input, wide, {}, {1, pixels}, {padding, padding}), pixels);
}

}  // namespace colorize
