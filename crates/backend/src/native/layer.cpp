// A convolution, the batch norm after it with the batch's own statistics, and what follows: in a few passes.
//
// The bias of the convolution is not added: the norm takes it out again with the mean. It counts in the mean that is
// handed on, and its gradient is zero.

#include "layer.h"

#include <ATen/Context.h>
#include <ATen/core/grad_mode.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/DeviceGuard.h>

#include <cstdlib>
#include <cstring>

#include "rows.h"
#include "thin.h"

namespace colorize {
namespace {

constexpr auto NHWC = at::MemoryFormat::ChannelsLast;

at::Tensor channels_last(const at::Tensor& map) { return walkable(map) ? map : map.contiguous(NHWC); }

// Parameters and statistics are 32-bit floats; where maps are not, convolutions take a copy of their type.
at::Tensor of_type(const at::Tensor& weight, const at::Tensor& map) {
    return weight.to(map.scalar_type()).contiguous(NHWC);
}

at::Tensor per_channel(const at::Tensor& values) { return values.view({1, -1, 1, 1}); }

at::Tensor cropped(const at::Tensor& map, int64_t crop) {
    return map.narrow(2, crop, map.size(2) - 2 * crop).narrow(3, crop, map.size(3) - 2 * crop);
}

struct Convolved {
    at::Tensor map;
    // What the backward pass takes for the input; undefined where that is the input itself. The input need not be kept.
    at::Tensor prepared;
};

// Even padding is the convolution's own affair; what is uneven is put on beforehand.
int64_t own_padding(const LayerSettings& settings) {
    return settings.transposed || settings.before == settings.after ? settings.before : 0;
}

at::Tensor padded(const at::Tensor& input, const LayerSettings& settings) {
    return at::constant_pad_nd(input, {settings.before, settings.after, settings.before, settings.after});
}

// `weight` is of the input's type.
Convolved convolve(const at::Tensor& input, const at::Tensor& weight, const LayerSettings& settings) {
    const int64_t stride = settings.stride, padding = own_padding(settings);
    if (settings.transposed) {
        if (FewOutputs::fits(input, weight, stride, padding)) return {FewOutputs::convolved(input, weight, padding), {}};
        const auto whole = at::conv_transpose2d(input, weight, {}, stride, padding);
        const int64_t cut = settings.after - settings.before;
        return {whole.narrow(2, 0, whole.size(2) - cut).narrow(3, 0, whole.size(3) - cut), {}};
    }
    if (FewInputs::fits(input, weight, stride, padding)) {
        auto prepared = FewInputs::prepared(input, padding);
        return {FewInputs::convolved(prepared, weight), prepared};
    }
    if (settings.before != settings.after) {
        auto prepared = padded(input, settings);
        return {at::conv2d(prepared, weight, {}, stride), prepared};
    }
    return {at::conv2d(input, weight, {}, stride, padding), {}};
}

// The numbers for every channel that both directions need, from [2, channels] of mean and variance.
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
    auto [map, prepared] = convolve(input, of_type(weight, input), settings);
    map = channels_last(map);
    if (settings.keep == 0) {
        prepared = at::Tensor();
    } else if (!prepared.defined() && !input.is_same(given)) {
        prepared = input;
    }
    const auto beside = shortcut.defined() ? cropped(channels_last(shortcut), settings.crop) : shortcut;
    at::Tensor statistics, output;
    if (settings.passes != 0 && walkable(map)) {
        statistics = colorize::statistics(map);
        const auto channels = channels_of(statistics, gamma, beta, settings.epsilon);
        output = normalized(map, channels.scale, channels.offset, beside, settings.relu, settings.keep == 0);
    } else {
        const auto [normal, mean, inverse] =
            at::native_batch_norm(map, gamma, beta, {}, {}, true, 0.0, settings.epsilon);
        statistics = at::stack({mean, inverse.pow(-2) - settings.epsilon});
        output = settings.relu ? at::relu(normal) : normal;
        if (beside.defined()) output = output + beside;
    }
    const auto mean = (statistics[0] + bias).to(gamma.scalar_type());
    const auto variance = statistics[1].to(gamma.scalar_type());
    if (settings.keep == 0) return {output, mean, variance, {}, {}, {}};
    return {output, mean, variance, prepared, map, statistics};
}

struct Backward {
    at::Tensor input, weight, bias, gamma, beta;
};

// The gradient of the convolution's output, as large as the convolution made it, and those of the norm's own two.
Backward norm_backward(const LayerSettings& settings, const at::Tensor& gradient, const at::Tensor& map,
                       const at::Tensor& gamma, const at::Tensor& beta, const at::Tensor& statistics) {
    const auto channels = channels_of(statistics, gamma, beta, settings.epsilon);
    const auto inverse = (statistics[1] + settings.epsilon).rsqrt();
    const int64_t cut = settings.transposed ? settings.after - settings.before : 0;
    if (settings.passes != 0 && walkable(map) && walkable(gradient)) {
        const double count = static_cast<double>(map.numel() / map.size(1));
        const auto sums = gradient_sums(gradient, map, channels, settings.relu);
        const auto scale = inverse * gamma;
        const auto slope = (scale * inverse * inverse * sums[1] / -count).to(gamma.scalar_type());
        const auto level = (scale * sums[0] / -count).to(gamma.scalar_type());
        return {map_gradient(gradient, map, channels, slope, level, map.size(2) + cut, map.size(3) + cut,
                             settings.relu),
                {}, {}, (sums[1] * inverse).to(gamma.scalar_type()), sums[0].to(gamma.scalar_type())};
    }
    auto behind = gradient;
    if (settings.relu) {
        const auto value = at::addcmul(per_channel(channels.offset), map, per_channel(channels.scale));
        behind = at::threshold_backward(gradient, value.to(gradient.scalar_type()), 0);
    }
    auto [of_map, of_gamma, of_beta] = at::native_batch_norm_backward(
        behind, map, gamma, {}, {}, channels.mean, inverse.to(gamma.scalar_type()), true, settings.epsilon,
        {true, true, true});
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
    const int64_t stride = settings.stride, padding = own_padding(settings);
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

at::Tensor or_undefined(const at::Tensor* tensor) { return tensor ? *tensor : at::Tensor(); }

at::Tensor* handed_over(const at::Tensor& tensor) { return tensor.defined() ? new at::Tensor(tensor) : nullptr; }

template <typename Work>
char* guarded(const Work& work) {
    try {
        const at::NoGradGuard no_grad;
        work();
        return nullptr;
    } catch (const std::exception& error) {
        return strdup(error.what());
    } catch (...) {
        return strdup("unknown exception");
    }
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
