// A convolution, the norm after it with the statistics of what it is given, and what follows: in a few passes.
//
// The bias of the convolution is not added: the norm takes it out again with the mean. It counts in the mean that is
// handed on, and its gradient is zero.

#include "layer.h"

#include <ATen/Context.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/DeviceGuard.h>

#include <cstdlib>

#include "border.h"
#include "convolution.h"
#include "rows.h"
#include "thin.h"

namespace colorize {
namespace {

// [channels] or [batch, channels], to be combined with a map.
at::Tensor per_channel(const at::Tensor& values) {
    return values.view({values.dim() == 2 ? values.size(0) : 1, values.size(-1), 1, 1});
}

Steps steps_of(const LayerSettings& settings) {
    return {settings.transposed != 0, settings.stride, settings.before, settings.after};
}

// libtorch's batch norm sees a map with `per_image` as one image of batch * channels channels.
at::Tensor given_to_norm(const at::Tensor& map, bool per_image) {
    return per_image ? map.contiguous().view({1, -1, map.size(2), map.size(3)}) : map;
}

// A number for each channel, for each of the channels that it sees then.
at::Tensor given_to_norm(const at::Tensor& numbers, const at::Tensor& map, bool per_image) {
    return per_image ? numbers.repeat({map.size(0)}) : numbers;
}

// The numbers for every channel that both directions need, from mean and variance of every channel, or of every image's.
Channels channels_of(const at::Tensor& statistics, const at::Tensor& gamma, const at::Tensor& beta, double epsilon) {
    const auto scale = (statistics[1] + epsilon).rsqrt() * gamma;
    return {scale.to(gamma.scalar_type()), (beta - statistics[0] * scale).to(gamma.scalar_type()),
            statistics[0].to(gamma.scalar_type())};
}

struct Forward {
    at::Tensor output, mean, variance, prepared, map, statistics;
};

Forward forward(const LayerSettings& settings, const at::Tensor& given, const at::Tensor& weight,
                const at::Tensor& bias, const at::Tensor& gamma, const at::Tensor& beta, const at::Tensor& shortcut) {
    const auto input = channels_last(given);
    auto [map, prepared] = convolve(input, of_type(weight, input), steps_of(settings));
    map = channels_last(map);
    if (settings.keep == 0) {
        prepared = at::Tensor();
    } else if (!prepared.defined() && !input.is_same(given)) {
        prepared = input;
    }
    const auto beside = shortcut.defined() ? cropped(channels_last(shortcut), settings.crop) : shortcut;
    const bool per_image = settings.per_image != 0;
    at::Tensor statistics, output;
    if (settings.passes != 0 && walkable(map)) {
        statistics = colorize::statistics(map, per_image);
        const auto channels = channels_of(statistics, gamma, beta, settings.epsilon);
        output = normalized(map, channels.scale, channels.offset, beside, settings.relu, settings.keep == 0);
    } else {
        auto [normal, mean, inverse] = at::native_batch_norm(
            given_to_norm(map, per_image), given_to_norm(gamma, map, per_image), given_to_norm(beta, map, per_image), {},
            {}, true, 0.0, settings.epsilon);
        statistics = at::stack({mean, inverse.pow(-2) - settings.epsilon});
        if (per_image) {
            normal = normal.view(map.sizes());
            statistics = statistics.view({2, map.size(0), map.size(1)});
        }
        output = settings.relu ? at::relu(normal) : normal;
        if (beside.defined()) output = output + beside;
    }
    at::Tensor mean, variance;
    if (!per_image) {
        mean = (statistics[0] + bias).to(gamma.scalar_type());
        variance = statistics[1].to(gamma.scalar_type());
    }
    if (settings.keep == 0) return {output, mean, variance, {}, {}, {}};
    return {output, mean, variance, prepared, map, statistics};
}

struct Backward {
    at::Tensor input, weight, bias, gamma, beta;
};

// The sum over all images of what each of them adds for every channel.
at::Tensor of_all(const at::Tensor& sums) { return sums.dim() == 2 ? sums.sum(0) : sums; }

// The gradient of the convolution's output, as large as the convolution made it, and those of the norm's own two.
Backward norm_backward(const LayerSettings& settings, const at::Tensor& gradient, const at::Tensor& map,
                       const at::Tensor& gamma, const at::Tensor& beta, const at::Tensor& statistics) {
    const auto channels = channels_of(statistics, gamma, beta, settings.epsilon);
    const auto inverse = (statistics[1] + settings.epsilon).rsqrt();
    const int64_t cut = settings.transposed ? settings.after - settings.before : 0;
    if (settings.passes != 0 && walkable(map) && walkable(gradient)) {
        const double count = static_cast<double>(map.numel() / inverse.numel());
        const auto sums = gradient_sums(gradient, map, channels, settings.relu);
        const auto scale = inverse * gamma;
        const auto slope = (scale * inverse * inverse * sums[1] / -count).to(gamma.scalar_type());
        const auto level = (scale * sums[0] / -count).to(gamma.scalar_type());
        return {map_gradient(gradient, map, channels, slope, level, map.size(2) + cut, map.size(3) + cut,
                             settings.relu),
                {}, {}, of_all(sums[1] * inverse).to(gamma.scalar_type()), of_all(sums[0]).to(gamma.scalar_type())};
    }
    auto behind = gradient;
    if (settings.relu) {
        const auto value = at::addcmul(per_channel(channels.offset), map, per_channel(channels.scale));
        behind = at::threshold_backward(gradient, value.to(gradient.scalar_type()), 0);
    }
    const bool per_image = settings.per_image != 0;
    auto [of_map, of_gamma, of_beta] = at::native_batch_norm_backward(
        given_to_norm(behind, per_image), given_to_norm(map, per_image), given_to_norm(gamma, map, per_image), {}, {},
        channels.mean.flatten(), inverse.to(gamma.scalar_type()).flatten(), true, settings.epsilon, {true, true, true});
    if (per_image) {
        of_map = of_map.view(map.sizes());
        of_gamma = of_all(of_gamma.view(inverse.sizes()));
        of_beta = of_all(of_beta.view(inverse.sizes()));
    }
    if (cut != 0) of_map = at::constant_pad_nd(of_map, {0, cut, 0, cut});
    return {of_map, {}, {}, of_gamma, of_beta};
}

Backward backward(const LayerSettings& settings, const at::Tensor& given, const at::Tensor& prepared,
                  const at::Tensor& weight, const at::Tensor& gamma, const at::Tensor& beta, const at::Tensor& map,
                  const at::Tensor& statistics, bool needs_input) {
    auto result = norm_backward(settings, channels_last(given), map, gamma, beta, statistics);
    const auto of_map = result.input;
    result.input = at::Tensor();
    result.bias = at::zeros_like(gamma);
    const int64_t stride = settings.stride, padding = own_padding(steps_of(settings));
    auto input = prepared;
    const bool few_inputs = !settings.transposed && FewInputs::is_prepared(prepared, weight);
    if (few_inputs) {
        result.weight = FewInputs::weight_gradient(of_map, prepared, weight).to(weight.scalar_type());
        if (!needs_input) return result;
        input = FewInputs::input_of(prepared, padding);
    }
    auto [of_input, of_weight, of_bias] = at::convolution_backward(
        of_map, input, of_type(weight, input), c10::nullopt, {stride, stride}, {padding, padding}, {1, 1},
        settings.transposed != 0, {0, 0}, 1, {needs_input, !few_inputs, false});
    if (!few_inputs) result.weight = of_weight.to(weight.scalar_type()).contiguous();
    if (needs_input && !settings.transposed && settings.before != settings.after) {
        const int64_t around = settings.before + settings.after;
        of_input = of_input.narrow(2, settings.before, of_input.size(2) - around)
                       .narrow(3, settings.before, of_input.size(3) - around);
    }
    if (needs_input) result.input = of_input;
    return result;
}

}  // namespace
}  // namespace colorize

char* colorize_layer_forward(const LayerSettings* settings, const at::Tensor* input, const at::Tensor* weight,
                             const at::Tensor* bias, const at::Tensor* gamma, const at::Tensor* beta,
                             const at::Tensor* shortcut, at::Tensor** outputs) {
    using namespace colorize;
    return guarded([&] {
        const auto result = forward(*settings, *input, *weight, *bias, *gamma, *beta, or_undefined(shortcut));
        const at::Tensor* all[] = {&result.output,   &result.mean, &result.variance,
                                   &result.prepared, &result.map,  &result.statistics};
        for (const at::Tensor* tensor : all) *outputs++ = handed_over(*tensor);
    });
}

char* colorize_layer_backward(const LayerSettings* settings, const at::Tensor* gradient, const at::Tensor* prepared,
                              const at::Tensor* weight, const at::Tensor* gamma, const at::Tensor* beta,
                              const at::Tensor* map, const at::Tensor* statistics, int64_t needs_input,
                              at::Tensor** outputs) {
    using namespace colorize;
    return guarded([&] {
        const auto result = backward(*settings, *gradient, *prepared, *weight, *gamma, *beta, *map, *statistics,
                                     needs_input != 0);
        const at::Tensor* all[] = {&result.input, &result.weight, &result.bias, &result.gamma, &result.beta};
        for (const at::Tensor* tensor : all) *outputs++ = handed_over(*tensor);
    });
}

void colorize_set_cudnn(int64_t benchmark, int64_t deterministic) {
    auto& context = at::globalContext();
    context.setBenchmarkCuDNN(benchmark != 0);
    context.setDeterministicCuDNN(deterministic != 0);
    // Where an operation has no such way it warns and goes on.
    context.setDeterministicAlgorithms(deterministic != 0, true);
}

int64_t colorize_gpu_has_bfloat16(int64_t index) {
    try {
        const c10::DeviceGuard guard(at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(index)));
        return at::detail::getCUDAHooks().supportsBFloat16ConvolutionWithCuDNNv8();
    } catch (...) {
        return 0;
    }
}

void colorize_free_message(char* message) { free(message); }
