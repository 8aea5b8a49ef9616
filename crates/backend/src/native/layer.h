// What Rust calls; see ffi.rs, which says the same in its own words.

#pragma once

#include <ATen/ATen.h>

extern "C" {

struct LayerSettings {
    int64_t transposed, stride;
    // Zeros at the top and the left, and at the bottom and the right; of a transposed convolution, pixels cut off there.
    int64_t before, after;
    // Cuts the shortcut at every side.
    int64_t crop;
    int64_t relu;
    // Whether every image has a mean and a variance of its own: instance norm. Else they are those of the batch.
    int64_t per_image;
    // Whether the passes of rows.h may be taken where they can be: only tests do without.
    int64_t passes;
    // Whether a backward pass follows. Where none does, the norm writes over the convolution's output, and nothing is kept.
    int64_t keep;
    double epsilon;
};

// What is fixed about a layer whose weights never change.
struct FixedSettings {
    int64_t transposed, stride;
    // As above.
    int64_t before, after, crop;
    int64_t groups;
    // As above.
    int64_t passes;
    // What comes out lies between these: both infinite, or zero and infinity, or both finite.
    double least, most;
};

// Null, or what went wrong, to be freed by `colorize_free_message`.
char* colorize_layer_forward(const LayerSettings* settings, const at::Tensor* input, const at::Tensor* weight,
                             const at::Tensor* bias, const at::Tensor* gamma, const at::Tensor* beta,
                             const at::Tensor* shortcut, at::Tensor** outputs);
char* colorize_layer_backward(const LayerSettings* settings, const at::Tensor* gradient, const at::Tensor* prepared,
                              const at::Tensor* weight, const at::Tensor* gamma, const at::Tensor* beta,
                              const at::Tensor* map, const at::Tensor* statistics, int64_t needs_input,
                              at::Tensor** outputs);
// The weights as oneDNN lays them out for inputs like this one; none where it does not take the layer.
char* colorize_fixed_pack(const FixedSettings* settings, const at::Tensor* input, const at::Tensor* weight,
                          const at::Tensor* bias, at::Tensor** output);
// `packed` may be null; weight and bias are of the input's type.
char* colorize_fixed_forward(const FixedSettings* settings, const at::Tensor* input, const at::Tensor* weight,
                             const at::Tensor* packed, const at::Tensor* bias, const at::Tensor* shortcut,
                             at::Tensor** output);
// Whether cuDNN tries its algorithms and keeps the fastest, and whether only those count that give the same bits again.
void colorize_set_cudnn(int64_t benchmark, int64_t deterministic);
// Whether the CUDA device has convolutions in bfloat16.
int64_t colorize_gpu_has_bfloat16(int64_t index);
void colorize_free_message(char* message);

}
