// What every function needs that Rust calls: tensors in, tensors out, and errors as texts.

#pragma once

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <cstring>

namespace colorize {

inline at::Tensor or_undefined(const at::Tensor* tensor) { return tensor ? *tensor : at::Tensor(); }

inline at::Tensor* handed_over(const at::Tensor& tensor) {
    return tensor.defined() ? new at::Tensor(tensor) : nullptr;
}

// Null, or what went wrong, to be freed by `colorize_free_message`.
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

}  // namespace colorize
