#include "rows.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 12
// Compiled three times; the loader takes what the processor has. The fourth level has AVX-512 for 16-bit numbers too.
#define FOR_EVERY_PROCESSOR __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#elif defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define FOR_EVERY_PROCESSOR __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define FOR_EVERY_PROCESSOR
#endif
#define ALWAYS_INLINE inline __attribute__((always_inline))

namespace colorize {
namespace {

// A row is read in runs of this many numbers: the values of every channel are repeated until they fill one, so that
// maps of few channels are as quick as wide ones.
constexpr int64_t RUN = 64;

// The work is cut into this many parts whatever the number of threads, and sums are added up in the order of the parts.
constexpr int64_t PARTS = 64;
// Of each image where sums are each image's own: they do not depend on how many images there are.
constexpr int64_t PARTS_OF_IMAGE = 16;

// The upper half of a 32-bit float.
struct Short {
    uint16_t bits;
};

ALWAYS_INLINE float wide(float value) { return value; }

ALWAYS_INLINE float wide(Short value) {
    const uint32_t bits = static_cast<uint32_t>(value.bits) << 16;
    float result;
    std::memcpy(&result, &bits, sizeof result);
    return result;
}

ALWAYS_INLINE void put(float& into, float value) { into = value; }

// To the nearest, ties to even; what is not a number stays one.
ALWAYS_INLINE void put(Short& into, float value) {
    uint32_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    const uint32_t rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
    into.bits = value == value ? rounded : 0x7fc0;
}

template <typename Value>
struct Rows {
    Value* data;
    int64_t height, width, channels, image_stride, row_stride, count;

    explicit Rows(const at::Tensor& map)
        : data(static_cast<Value*>(map.data_ptr())),
          height(map.size(2)),
          width(map.size(3)),
          channels(map.size(1)),
          image_stride(map.stride(0)),
          row_stride(map.stride(2)),
          count(map.size(0) * map.size(2)) {}

    Value* row(int64_t index) const {
        return data + image(index) * image_stride + index % height * row_stride;
    }
    int64_t image(int64_t row) const { return row / height; }
    int64_t row_length() const { return width * channels; }
};

int64_t run_length(int64_t channels) { return (RUN + channels - 1) / channels * channels; }

// The numbers of every channel, over and over until they fill a run: the same for all images, or some for each.
struct Runs {
    int64_t length;
    bool per_image;
    std::vector<float> values;

    // `numbers` is [channels] or [batch, channels].
    explicit Runs(const at::Tensor& numbers) : length(run_length(numbers.size(-1))), per_image(numbers.dim() == 2) {
        const auto single = numbers.to(at::kFloat).contiguous();
        const int64_t channels = single.size(-1);
        values.resize(single.numel() / channels * length);
        for (int64_t i = 0; i < static_cast<int64_t>(values.size()); ++i) {
            values[i] = single.data_ptr<float>()[i / length * channels + i % length % channels];
        }
    }

    const float* of(int64_t image) const { return values.data() + (per_image ? image * length : 0); }
};

// Below this many numbers a thread's work is not worth waking it for; at::internal::GRAIN_SIZE is of this size.
constexpr int64_t GRAIN = 32768;

// Calls `part(its index, first row, row behind the last)` for every part of each of `groups` equal groups of rows.
template <typename Value, typename Part>
void in_parts(const Rows<Value>& over, int64_t groups, int64_t parts, const Part& part) {
    const int64_t rows = over.count / groups;
    const int64_t grain = parts * GRAIN / std::max<int64_t>(rows * over.row_length(), 1);
    at::parallel_for(0, groups * parts, std::max<int64_t>(grain, 1), [&](int64_t begin, int64_t end) {
        for (int64_t index = begin; index < end; ++index) {
            const int64_t first = index / parts * rows, place = index % parts;
            part(index, first + rows * place / parts, first + rows * (place + 1) / parts);
        }
    });
}

template <typename Value, typename Part>
void in_parts(const Rows<Value>& over, const Part& part) {
    in_parts(over, 1, std::min(PARTS, over.count), part);
}

// Two sums for every channel over all rows, or over those of each image, each by `row(index, first, second)`, which adds
// to runs of floats.
template <typename Value, typename Row>
at::Tensor two_sums(const Rows<Value>& rows, bool per_image, const Row& row) {
    const int64_t channels = rows.channels, run = run_length(channels);
    const int64_t groups = per_image ? rows.count / rows.height : 1;
    const int64_t parts = std::min(per_image ? PARTS_OF_IMAGE : PARTS, rows.count / groups);
    std::vector<double> sums(2 * groups * parts * channels, 0.0);
    in_parts(rows, groups, parts, [&](int64_t part, int64_t begin, int64_t end) {
        std::vector<float> first(run), second(run);
        double* of_part = sums.data() + 2 * part * channels;
        for (int64_t index = begin; index < end; ++index) {
            std::fill(first.begin(), first.end(), 0.0f);
            std::fill(second.begin(), second.end(), 0.0f);
            row(index, first.data(), second.data());
            for (int64_t i = 0; i < run; ++i) {
                of_part[i % channels] += first[i];
                of_part[channels + i % channels] += second[i];
            }
        }
    });
    auto total = at::zeros({2, groups, channels}, at::kDouble);
    double* into = total.data_ptr<double>();
    for (int64_t i = 0; i < static_cast<int64_t>(sums.size()); ++i) {
        const int64_t which = i / channels % 2, group = i / (2 * channels * parts);
        into[(which * groups + group) * channels + i % channels] += sums[i];
    }
    return per_image ? total : total.squeeze(1);
}

// Calls `each(position in the row, position in the run)`; a run of RUN is unrolled.
template <typename Each>
ALWAYS_INLINE void along(int64_t length, int64_t run, const Each& each) {
    int64_t start = 0;
    if (run == RUN) {
        for (; start + RUN <= length; start += RUN) {
#pragma GCC ivdep
            for (int64_t i = 0; i < RUN; ++i) each(start + i, i);
        }
    } else {
        for (; start + run <= length; start += run) {
#pragma GCC ivdep
            for (int64_t i = 0; i < run; ++i) each(start + i, i);
        }
    }
    for (int64_t i = 0; start + i < length; ++i) each(start + i, i);
}

template <typename Value>
ALWAYS_INLINE void add_deviations_of(const Value* __restrict map, const float* __restrict origin, int64_t length,
                                     int64_t run, float* __restrict sum, float* __restrict square) {
    along(length, run, [=](int64_t at, int64_t i) __attribute__((always_inline)) {
        const float deviation = wide(map[at]) - origin[i];
        sum[i] += deviation;
        square[i] += deviation * deviation;
    });
}

template <typename Value>
ALWAYS_INLINE void normalize_of(const Value* __restrict map, const float* __restrict scale,
                                const float* __restrict offset, int64_t length, int64_t run, bool relu,
                                Value* __restrict output) {
    const float least = relu ? 0.0f : -INFINITY;
    along(length, run, [=](int64_t at, int64_t i) __attribute__((always_inline)) {
        const float value = wide(map[at]) * scale[i] + offset[i];
        // Written so that what is not a number stays one.
        put(output[at], value < least ? least : value);
    });
}

template <typename Value>
ALWAYS_INLINE void normalize_onto_of(const Value* __restrict map, const float* __restrict scale,
                                     const float* __restrict offset, const Value* __restrict shortcut,
                                     int64_t length, int64_t run, bool relu, Value* __restrict output) {
    const float least = relu ? 0.0f : -INFINITY;
    along(length, run, [=](int64_t at, int64_t i) __attribute__((always_inline)) {
        const float value = wide(map[at]) * scale[i] + offset[i];
        put(output[at], (value < least ? least : value) + wide(shortcut[at]));
    });
}

// `shortcut` may be null. Over `map` itself.
template <typename Value>
ALWAYS_INLINE void complete_of(Value* map, const float* __restrict bias, const Value* __restrict shortcut,
                               int64_t length, int64_t run, float least, float most) {
    const auto within = [=](float value) __attribute__((always_inline)) {
        value = value < least ? least : value;
        return value > most ? most : value;
    };
    if (shortcut) {
        along(length, run, [=](int64_t at, int64_t i) __attribute__((always_inline)) {
            put(map[at], within(wide(map[at]) + bias[i] + wide(shortcut[at])));
        });
    } else {
        along(length, run, [=](int64_t at, int64_t i) __attribute__((always_inline)) {
            put(map[at], within(wide(map[at]) + bias[i]));
        });
    }
}

template <typename Value>
ALWAYS_INLINE void add_gradients_of(const Value* __restrict gradient, const Value* __restrict map,
                                    const float* __restrict scale, const float* __restrict offset,
                                    const float* __restrict mean, int64_t length, int64_t run, bool relu,
                                    float* __restrict sum, float* __restrict product) {
    const float least = relu ? 0.0f : -INFINITY;
    along(length, run, [=](int64_t at, int64_t i) __attribute__((always_inline)) {
        const float value = wide(map[at]) * scale[i] + offset[i];
        const float behind = value > least ? wide(gradient[at]) : 0.0f;
        sum[i] += behind;
        product[i] += behind * (wide(map[at]) - mean[i]);
    });
}

template <typename Value>
ALWAYS_INLINE void differentiate_of(const Value* __restrict gradient, const Value* __restrict map,
                                    const float* __restrict scale, const float* __restrict offset,
                                    const float* __restrict mean, const float* __restrict slope,
                                    const float* __restrict level, int64_t length, int64_t run, bool relu,
                                    Value* __restrict output) {
    const float least = relu ? 0.0f : -INFINITY;
    along(length, run, [=](int64_t at, int64_t i) __attribute__((always_inline)) {
        const float value = wide(map[at]) * scale[i] + offset[i];
        const float behind = value > least ? wide(gradient[at]) : 0.0f;
        put(output[at], scale[i] * behind + slope[i] * (wide(map[at]) - mean[i]) + level[i]);
    });
}

// The six above for either type: a template cannot be compiled for several processors, what it is inlined into can.
#define FOR_VALUES_OF(Value)                                                                                          \
    FOR_EVERY_PROCESSOR void add_deviations(const Value* map, const float* origin, int64_t length, int64_t run,       \
                                            float* sum, float* square) {                                              \
        add_deviations_of(map, origin, length, run, sum, square);                                                     \
    }                                                                                                                 \
    FOR_EVERY_PROCESSOR void normalize(const Value* map, const float* scale, const float* offset, int64_t length,     \
                                       int64_t run, bool relu, Value* output) {                                       \
        normalize_of(map, scale, offset, length, run, relu, output);                                                  \
    }                                                                                                                 \
    FOR_EVERY_PROCESSOR void normalize_onto(const Value* map, const float* scale, const float* offset,                \
                                            const Value* shortcut, int64_t length, int64_t run, bool relu,            \
                                            Value* output) {                                                          \
        normalize_onto_of(map, scale, offset, shortcut, length, run, relu, output);                                   \
    }                                                                                                                 \
    FOR_EVERY_PROCESSOR void complete(Value* map, const float* bias, const Value* shortcut, int64_t length,           \
                                      int64_t run, float least, float most) {                                         \
        complete_of(map, bias, shortcut, length, run, least, most);                                                   \
    }                                                                                                                 \
    FOR_EVERY_PROCESSOR void add_gradients(const Value* gradient, const Value* map, const float* scale,               \
                                           const float* offset, const float* mean, int64_t length, int64_t run,       \
                                           bool relu, float* sum, float* product) {                                   \
        add_gradients_of(gradient, map, scale, offset, mean, length, run, relu, sum, product);                        \
    }                                                                                                                 \
    FOR_EVERY_PROCESSOR void differentiate(const Value* gradient, const Value* map, const float* scale,               \
                                           const float* offset, const float* mean, const float* slope,                \
                                           const float* level, int64_t length, int64_t run, bool relu,                \
                                           Value* output) {                                                           \
        differentiate_of(gradient, map, scale, offset, mean, slope, level, length, run, relu, output);                \
    }

FOR_VALUES_OF(float)
FOR_VALUES_OF(Short)

// Calls `work` with a value of the type that the map holds.
template <typename Work>
at::Tensor by_type(const at::Tensor& map, const Work& work) {
    return map.scalar_type() == at::kFloat ? work(float{}) : work(Short{});
}

at::Tensor new_map(const at::Tensor& like, int64_t height, int64_t width) {
    return at::empty({like.size(0), like.size(1), height, width}, like.options(), at::MemoryFormat::ChannelsLast);
}

}  // namespace

bool walkable(const at::Tensor& map) {
    const bool known = map.scalar_type() == at::kFloat || map.scalar_type() == at::kBFloat16;
    return map.device().is_cpu() && known && map.dim() == 4 && map.numel() > 0 &&
           (map.stride(1) == 1 || map.size(1) == 1) && map.stride(3) == map.size(1);
}

at::Tensor statistics(const at::Tensor& map, bool per_image) {
    // Deviations from some value of the channel: their squares lose nothing where the mean is large.
    const auto corner = map.select(3, 0).select(2, 0);
    const auto first = per_image ? corner : corner.select(0, 0);
    const Runs origin(first);
    const auto sums = by_type(map, [&](auto of) {
        const Rows<decltype(of)> rows(map);
        return two_sums(rows, per_image, [&](int64_t index, float* sum, float* square) {
            add_deviations(rows.row(index), origin.of(rows.image(index)), rows.row_length(), origin.length, sum, square);
        });
    });
    const double count = static_cast<double>(map.numel() / first.numel());
    const auto deviation = sums[0] / count;
    const auto variance = (sums[1] / count - deviation * deviation).clamp_min(0.0);
    return at::stack({deviation + first.to(at::kDouble), variance});
}

at::Tensor normalized(const at::Tensor& map, const at::Tensor& scale, const at::Tensor& offset,
                      const at::Tensor& shortcut, bool relu, bool in_place) {
    const Runs scales(scale), offsets(offset);
    const int64_t run = scales.length;
    return by_type(map, [&](auto of) {
        using Value = decltype(of);
        // Each value is read before it is written, and no other one lies there, so in place nothing is lost.
        auto output = in_place ? map : new_map(map, map.size(2), map.size(3));
        const Rows<Value> from(map), to(output);
        const Rows<Value> beside(shortcut.defined() ? shortcut : map);
        in_parts(from, [&](int64_t, int64_t begin, int64_t end) {
            for (int64_t index = begin; index < end; ++index) {
                const float* scale = scales.of(from.image(index));
                const float* offset = offsets.of(from.image(index));
                if (shortcut.defined()) {
                    normalize_onto(from.row(index), scale, offset, beside.row(index), from.row_length(), run, relu,
                                   to.row(index));
                } else {
                    normalize(from.row(index), scale, offset, from.row_length(), run, relu, to.row(index));
                }
            }
        });
        return output;
    });
}

void finish(const at::Tensor& map, const at::Tensor& bias, const at::Tensor& shortcut, float least, float most) {
    const Runs biases(bias);
    by_type(map, [&](auto of) {
        using Value = decltype(of);
        const Rows<Value> over(map), beside(shortcut.defined() ? shortcut : map);
        in_parts(over, [&](int64_t, int64_t begin, int64_t end) {
            for (int64_t index = begin; index < end; ++index) {
                complete(over.row(index), biases.of(0), shortcut.defined() ? beside.row(index) : nullptr,
                         over.row_length(), biases.length, least, most);
            }
        });
        return map;
    });
}

at::Tensor gradient_sums(const at::Tensor& gradient, const at::Tensor& map, const Channels& channels, bool relu) {
    const Runs scales(channels.scale), offsets(channels.offset), means(channels.mean);
    const int64_t run = scales.length;
    return by_type(map, [&](auto of) {
        const Rows<decltype(of)> given(gradient), from(map);
        return two_sums(from, means.per_image, [&](int64_t index, float* sum, float* product) {
            const int64_t image = from.image(index);
            add_gradients(given.row(index), from.row(index), scales.of(image), offsets.of(image), means.of(image),
                          from.row_length(), run, relu, sum, product);
        });
    });
}

at::Tensor map_gradient(const at::Tensor& gradient, const at::Tensor& map, const Channels& channels,
                        const at::Tensor& slope, const at::Tensor& level, int64_t height, int64_t width, bool relu) {
    const Runs scales(channels.scale), offsets(channels.offset), means(channels.mean);
    const Runs slopes(slope), levels(level);
    const int64_t run = scales.length;
    return by_type(map, [&](auto of) {
        using Value = decltype(of);
        auto output = new_map(map, height, width);
        const Rows<Value> given(gradient), from(map), to(output);
        in_parts(to, [&](int64_t, int64_t begin, int64_t end) {
            for (int64_t index = begin; index < end; ++index) {
                const int64_t image = to.image(index), line = index % height;
                Value* into = to.row(index);
                int64_t written = 0;
                if (line < from.height) {
                    const int64_t source = image * from.height + line;
                    written = from.row_length();
                    differentiate(given.row(source), from.row(source), scales.of(image), offsets.of(image),
                                  means.of(image), slopes.of(image), levels.of(image), written, run, relu, into);
                }
                std::memset(into + written, 0, (to.row_length() - written) * sizeof(Value));
            }
        });
        return output;
    });
}

}  // namespace colorize
