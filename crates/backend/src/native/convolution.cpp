#include "convolution.h"

#include "rows.h"
#include "thin.h"

namespace colorize {

at::Tensor channels_last(const at::Tensor& map) { return walkable(map) ? map : map.contiguous(NHWC); }

at::Tensor of_type(const at::Tensor& weight, const at::Tensor& map) {
    return weight.to(map.scalar_type()).contiguous(NHWC);
}

at::Tensor cropped(const at::Tensor& map, int64_t crop) {
    return map.narrow(2, crop, map.size(2) - 2 * crop).narrow(3, crop, map.size(3) - 2 * crop);
}

int64_t own_padding(const Steps& steps) {
    return steps.transposed || steps.before == steps.after ? steps.before : 0;
}

at::Tensor padded(const at::Tensor& input, const Steps& steps) {
    return at::constant_pad_nd(input, {steps.before, steps.after, steps.before, steps.after});
}

bool is_thin(const at::Tensor& input, const at::Tensor& weight, const Steps& steps) {
    const int64_t padding = own_padding(steps);
    return steps.transposed ? FewOutputs::fits(input, weight, steps.stride, padding)
                            : FewInputs::fits(input, weight, steps.stride, padding);
}

Convolved convolve(const at::Tensor& input, const at::Tensor& weight, const Steps& steps) {
    const int64_t stride = steps.stride, padding = own_padding(steps);
    if (is_thin(input, weight, steps)) {
        if (steps.transposed) return {FewOutputs::convolved(input, weight, padding), {}};
        auto prepared = FewInputs::prepared(input, padding);
        return {FewInputs::convolved(prepared, weight), prepared};
    }
    if (steps.transposed) {
        const auto whole = at::conv_transpose2d(input, weight, {}, stride, padding);
        const int64_t cut = steps.after - steps.before;
        return {whole.narrow(2, 0, whole.size(2) - cut).narrow(3, 0, whole.size(3) - cut), {}};
    }
    if (steps.before != steps.after) {
        auto prepared = padded(input, steps);
        return {at::conv2d(prepared, weight, {}, stride), prepared};
    }
    return {at::conv2d(input, weight, {}, stride, padding), {}};
}

}  // namespace colorize
