// A convolution whose weights never change, its bias, a shortcut, and an activation. On the processor oneDNN does all of
// it in one pass over memory, with weights that it has laid out for itself once. Its relu makes zero of what is not a
// number, so weights that hold such a thing go the other way, on which it is still seen at the end.

#if defined(__GNUC__) && !defined(__clang__)
// Of libtorch's own values, whose counts GCC takes for writes into nothing.
#pragma GCC diagnostic ignored "-Wstringop-overflow"
#endif

#include <ATen/Context.h>
#include <ATen/core/dispatch/Dispatcher.h>

#include <cmath>

#include "border.h"
#include "convolution.h"
#include "layer.h"
#include "rows.h"

namespace colorize {
namespace {

using Values = std::vector<int64_t>;

Steps steps_of(const FixedSettings& settings) {
    return {settings.transposed != 0, settings.stride, settings.before, settings.after};
}

// One of oneDNN's operations by its name in libtorch, which has no header for them; null where this build lacks it.
const c10::OperatorHandle* operation(const char* name, const char* overload) {
    const auto found = c10::Dispatcher::singleton().findSchema({name, overload});
    return found ? new c10::OperatorHandle(*found) : nullptr;
}

const c10::OperatorHandle* reorder() {
    static const auto* found = operation("mkldnn::_reorder_convolution_weight", "");
    return found;
}

const c10::OperatorHandle* pointwise() {
    static const auto* found = operation("mkldnn::_convolution_pointwise", "");
    return found;
}

const c10::OperatorHandle* pointwise_onto() {
    static const auto* found = operation("mkldnn::_convolution_pointwise", "binary");
    return found;
}

// Calls an operation with these arguments.
template <typename... Arguments>
at::Tensor call(const c10::OperatorHandle* operation, const Arguments&... arguments) {
    torch::jit::Stack stack;
    (stack.emplace_back(arguments), ...);
    operation->callBoxed(&stack);
    return stack[0].toTensor();
}

// Whether oneDNN takes the whole layer.
bool is_one_pass(const FixedSettings& settings, const at::Tensor& input, const at::Tensor& weight,
                 const at::Tensor& bias) {
    const bool known = input.scalar_type() == at::kFloat || input.scalar_type() == at::kBFloat16;
    return settings.passes != 0 && settings.transposed == 0 && input.device().is_cpu() && known && input.numel() > 0 &&
           at::globalContext().userEnabledMkldnn() && reorder() && pointwise() && pointwise_onto() &&
           !(settings.groups == 1 && is_thin(input, weight, steps_of(settings))) &&
           at::isfinite(weight).all().item<bool>() && at::isfinite(bias).all().item<bool>();
}

at::Tensor in_one_pass(const FixedSettings& settings, const at::Tensor& input, const at::Tensor& packed,
                       const at::Tensor& bias, const at::Tensor& shortcut) {
    const Steps steps = steps_of(settings);
    const auto given = steps.before == steps.after ? input : padded(input, steps).contiguous(NHWC);
    const Values padding(2, own_padding(steps)), stride(2, steps.stride), dilation(2, 1);
    const bool relu = settings.least == 0.0 && std::isinf(settings.most);
    const bool limited = settings.least == 0.0 && !relu;
    c10::List<std::optional<at::Scalar>> none, limits;
    limits.push_back(at::Scalar(settings.least));
    limits.push_back(at::Scalar(settings.most));
    const auto nothing = c10::IValue();
    if (shortcut.defined()) {
        const auto then = relu ? c10::IValue("relu") : nothing;
        auto map = call(pointwise_onto(), given, cropped(shortcut, settings.crop).contiguous(NHWC), packed, bias,
                        padding, stride, dilation, settings.groups, "add", nothing, then, none, nothing);
        // Behind a sum, oneDNN's operation knows no other activation.
        return limited ? map.clamp_(settings.least, settings.most) : map;
    }
    const char* then = relu ? "relu" : limited ? "hardtanh" : "none";
    return call(pointwise(), given, packed, bias, padding, stride, dilation, settings.groups, then,
                limited ? limits : none, nothing);
}

at::Tensor in_passes(const FixedSettings& settings, const at::Tensor& input, const at::Tensor& weight,
                     const at::Tensor& bias, const at::Tensor& shortcut) {
    const Steps steps = steps_of(settings);
    at::Tensor map;
    if (settings.groups == 1) {
        map = channels_last(convolve(input, weight.contiguous(NHWC), steps).map);
    } else {
        const auto given = steps.before == steps.after ? input : padded(input, steps);
        map = channels_last(at::conv2d(given, weight, {}, steps.stride, own_padding(steps), 1, settings.groups));
    }
    auto beside = shortcut;
    if (shortcut.defined()) beside = cropped(channels_last(shortcut), settings.crop);
    if (settings.passes != 0 && walkable(map)) {
        finish(map, bias, beside, settings.least, settings.most);
        return map;
    }
    map.add_(bias.view({1, -1, 1, 1}));
    if (beside.defined()) map.add_(beside);
    if (std::isinf(settings.least)) return map;
    return std::isinf(settings.most) ? map.relu_() : map.clamp_(settings.least, settings.most);
}

}  // namespace
}  // namespace colorize

char* colorize_fixed_pack(const FixedSettings* settings, const at::Tensor* input, const at::Tensor* weight,
                          const at::Tensor* bias, at::Tensor** output) {
    using namespace colorize;
    return guarded([&] {
        if (!is_one_pass(*settings, *input, *weight, *bias)) return;
        const Steps steps = steps_of(*settings);
        const int64_t around = own_padding(steps) == 0 ? steps.before + steps.after : 0;
        Values size = input->sizes().vec();
        size[2] += around;
        size[3] += around;
        const Values padding(2, own_padding(steps)), stride(2, steps.stride), dilation(2, 1);
        *output = handed_over(
            call(reorder(), weight->contiguous(), padding, stride, dilation, settings->groups, size));
    });
}

char* colorize_fixed_forward(const FixedSettings* settings, const at::Tensor* input, const at::Tensor* weight,
                             const at::Tensor* packed, const at::Tensor* bias, const at::Tensor* shortcut,
                             at::Tensor** output) {
    using namespace colorize;
    return guarded([&] {
        const auto beside = or_undefined(shortcut);
        const auto given = channels_last(*input);
        *output = handed_over(packed ? in_one_pass(*settings, given, *packed, *bias, beside)
                                     : in_passes(*settings, given, *weight, *bias, beside));
    });
}
