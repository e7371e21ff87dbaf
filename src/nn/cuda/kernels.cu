// Training of small convolutional networks: all kernels. See kernels.h for the parameters and the vocabulary.
//
// Why so few kernels: at a batch of 64 a step is a few microseconds of arithmetic, so that each launch (about a
// microsecond from one kernel to the next, even in a CUDA graph) and each trip through device memory counts.
//   image_pass  one block per image computes the forward pass, the loss and the backward pass in shared memory, and writes
//               its share of the gradient of the convolutions' parameters to its slab
//   update      sums these shares, multiplies the matrices that give the gradients of the linear layers, applies the
//               optimizer, and (on otherwise idle multiprocessors) draws the dropout masks and gathers the images of the
//               next step
// Networks with linear layers too large for this use matrix products (`linear_forward`, `linear_input_gradient`) and
// `head_pass` for the rest.
//
// Bit-reproducible: there are no atomic operations; every sum has a fixed order, which depends only on the launch
// configuration. Products and sums that must agree with the CPU's are protected from contraction by intrinsics; elsewhere
// fmaf is explicit.
//
// Nothing here needs more than sm_75. Warps have 32 threads; blocks have a multiple of 32 threads.
#ifdef HOST_SHIM
#include "host.h"
#else
// Shared memory whose size is given at launch.
#define DYNAMIC_SHARED(name) extern __shared__ __align__(16) float name[]
#endif
#include "kernels.h"

// Outputs that a thread of a convolution computes at a time: 2 or 4. With 2, more threads share the work of an image and
// fewer registers are needed; with 4, weights and pixels are read half as often.
#ifndef OUTPUTS_PER_THREAD
#define OUTPUTS_PER_THREAD 2
#endif

// Most threads of a block of `image_pass`, which limits its registers to 65,536 divided by this.
#ifndef IMAGE_PASS_THREADS
#define IMAGE_PASS_THREADS 768
#endif

// ---------------------------------------------------------------------------------------------------------------------
// Basics
// ---------------------------------------------------------------------------------------------------------------------

static const u32 FULL_WARP = 0xffffffffu;

__device__ __forceinline__ int lane_index() { return threadIdx.x & 31; }
__device__ __forceinline__ int warp_index() { return threadIdx.x >> 5; }
__device__ __forceinline__ int warp_count() { return blockDim.x >> 5; }

// ReLU; unlike fmaxf it keeps NaN, so that a diverged run shows.
__device__ __forceinline__ float rectified(float value) { return value < 0.0f ? 0.0f : value; }

// The slope of a layer given its activation and the gradient of that. With ReLU, an activation is positive exactly if
// neither ReLU nor dropout stopped it.
__device__ __forceinline__ float slope_below(const Below& below, float activation, float gradient, int index) {
    const bool passed = below.relu ? activation > 0.0f : !below.mask || below.mask[index];
    return passed ? gradient * below.kept : 0.0f;
}

__device__ __forceinline__ float warp_sum(float value) {
    for (int offset = 16; offset > 0; offset >>= 1) value += __shfl_xor_sync(FULL_WARP, value, offset);
    return value;
}

// Sums each of V values over the 32 lanes, with 31 shuffles for V = 32 instead of 160: at each level a lane keeps one half
// of its values and gives away the other. Returns the sum of value `lane / (32 / V)`.
template <int V, int OFFSET = 16>
__device__ __forceinline__ float fold(const float (&values)[V]) {
    if constexpr (V == 1) {
        float sum = values[0];
#pragma unroll
        for (int offset = OFFSET; offset > 0; offset >>= 1) sum += __shfl_xor_sync(FULL_WARP, sum, offset);
        return sum;
    } else {
        const bool upper = lane_index() & OFFSET;
        float half[V / 2];
#pragma unroll
        for (int i = 0; i < V / 2; i++) {
            const float given = upper ? values[i] : values[i + V / 2];
            half[i] = (upper ? values[i + V / 2] : values[i]) + __shfl_xor_sync(FULL_WARP, given, OFFSET);
        }
        return fold<V / 2, OFFSET / 2>(half);
    }
}

// A non-zero slope in a list.
struct __align__(8) Entry {
    float slope;
    int place;
};

// ---------------------------------------------------------------------------------------------------------------------
// Random numbers: ChaCha with 8 rounds, as in src/nn/rng.rs
// ---------------------------------------------------------------------------------------------------------------------
//
// The 16 words of ChaCha's initial state:
//   0-3    "expand 32-byte k"
//   4-11   key: the seed, expanded by rand_core's `seed_from_u64` (PCG32), done by the host
//   12-13  block counter, low word first
//   14-15  stream number, low word first: 3 << 56 | layer << 48 | step, for dropout
// Mask element `value` of image `image` of the batch (of all of it, however it is split) is word number
// `index = image * values + value` of the stream, that is, word `index % 16` of the block with counter `index / 16`.
// It is kept if (word >> 8) / 2^24 >= rate.

__device__ __forceinline__ u32 rotate_left(u32 value, int by) { return value << by | value >> (32 - by); }

__device__ __forceinline__ void quarter_round(u32& a, u32& b, u32& c, u32& d) {
    a += b, d = rotate_left(d ^ a, 16);
    c += d, b = rotate_left(b ^ c, 12);
    a += b, d = rotate_left(d ^ a, 8);
    c += d, b = rotate_left(b ^ c, 7);
}

__device__ __forceinline__ void chacha8(const u32 (&key)[8], u64 counter, u64 stream, u32 (&words)[16]) {
    const u32 start[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574, key[0], key[1], key[2], key[3],
                           key[4], key[5], key[6], key[7], (u32)counter, (u32)(counter >> 32),
                           (u32)stream, (u32)(stream >> 32)};
#pragma unroll
    for (int i = 0; i < 16; i++) words[i] = start[i];
#pragma unroll 1
    for (int round = 0; round < 8; round += 2) {
        quarter_round(words[0], words[4], words[8], words[12]);
        quarter_round(words[1], words[5], words[9], words[13]);
        quarter_round(words[2], words[6], words[10], words[14]);
        quarter_round(words[3], words[7], words[11], words[15]);
        quarter_round(words[0], words[5], words[10], words[15]);
        quarter_round(words[1], words[6], words[11], words[12]);
        quarter_round(words[2], words[7], words[8], words[13]);
        quarter_round(words[3], words[4], words[9], words[14]);
    }
#pragma unroll
    for (int i = 0; i < 16; i++) words[i] += start[i];
}

// Writes flags `16 * counter …` of a mask.
__device__ void draw_flags(const Prepare& prepare, const Mask& mask, u64 step, int counter, int flags) {
    const u64 stream = 3ull << 56 | (u64)(mask.layer & 0xff) << 48 | (step & 0xffffffffffffull);
    u32 words[16];
    chacha8(prepare.key, counter, stream, words);
    u8* const to = mask.flags + 16 * (long long)counter;
#pragma unroll
    for (int i = 0; i < 16; i++) {
        const float unit = (float)(words[i] >> 8) / 16777216.0f;  // exact
        if (16 * counter + i < flags) to[i] = unit >= mask.rate;
    }
}

// Does part `part` of `parts` of the preparation of a step: each thread draws 16 flags or copies 4 pixels at a time.
__device__ void prepare_part(const Prepare& prepare, int part, int parts) {
    const u64 step = prepare.state->step;
    const long long from = (long long)prepare.state->batch * prepare.batch_size;
    const long long left = prepare.order_length - from;
    const int images = left < 0 ? 0 : left < prepare.batch_size ? (int)left : prepare.batch_size;
    const int quads = (prepare.image_values + 3) / 4;
    const long long half = (long long)(step % prepare.halves) * prepare.batch_size * prepare.image_values;
    const int stride = parts * blockDim.x;

    int unit = part * blockDim.x + threadIdx.x;
    for (; unit < images * quads; unit += stride) {
        const int image = unit / quads, first = 4 * (unit - image * quads);
        const u32 source = prepare.order ? prepare.order[from + image] : (u32)(from + image);
        const u8* pixels = prepare.pixels + (long long)source * prepare.image_values + first;
        float* to = prepare.images + half + (long long)image * prepare.image_values + first;
        if ((prepare.image_values & 3) == 0) {
            const u32 four = *(const u32*)pixels;
            *(float4*)to = make_float4(prepare.levels[four & 255], prepare.levels[four >> 8 & 255],
                                       prepare.levels[four >> 16 & 255], prepare.levels[four >> 24]);
        } else {
            for (int i = 0; i < 4 && first + i < prepare.image_values; i++) to[i] = prepare.levels[pixels[i]];
        }
        if (first == 0) prepare.batch_labels[image] = prepare.labels[source];
    }
    unit -= images * quads;
    for (int m = 0; m < prepare.masks; m++) {
        const Mask& mask = prepare.mask[m];
        const int flags = prepare.batch_size * mask.values, blocks = (flags + 15) / 16;
        for (; unit < blocks; unit += stride) draw_flags(prepare, mask, step, unit, flags);
        unit -= blocks;
    }
}

// Tells the passes where the images are that `prepare_part` gathers. Called by one thread.
__device__ __forceinline__ void switch_half(const Prepare& prepare) {
    prepare.state->half = (u32)(prepare.state->step % prepare.halves);
}

// Prepares the first step after a start, a change of the order or a change of the position.
extern "C" __global__ void __launch_bounds__(256) prepare(const __grid_constant__ Prepare prepare) {
    if (blockIdx.x == 0 && threadIdx.x == 0) switch_half(prepare);
    prepare_part(prepare, blockIdx.x, gridDim.x);
}

// ---------------------------------------------------------------------------------------------------------------------
// Convolutional blocks, on one image in shared memory
// ---------------------------------------------------------------------------------------------------------------------

// Side of the window of the input that all members of a pooling window cover.
__device__ __forceinline__ int frame_side(const Conv& conv) { return conv.kernel + conv.pool - 1; }

// Layout of staged weights: [channel][row][column][output], with outputs in groups of four that are read at once. The
// stride of taps is an odd number of groups, and so is that of channels, which avoids bank conflicts.
__device__ __forceinline__ int tap_stride(int outputs) { return 4 * ((outputs + 3) / 4 | 1); }
__device__ __forceinline__ int channel_stride(const Conv& conv, int outputs) {
    const int stride = conv.kernel * conv.kernel * tap_stride(outputs);
    return stride + (stride / 4 % 2 ? 0 : 4);
}

// Fills the tables that do not depend on the image.
//   taps[channel][ky][kx]   offset of the tap from a window's corner in the input
//   frame[channel][fy][fx]  for each place in the window of the input that a whole pooling window covers: the index of the
//                           weight that connects it to member (0, 0), times 16; and one bit for each member that it is
//                           connected to. For member (dy, dx) the index is smaller by dy * kernel + dx.
__device__ void build_tables(const Conv& conv, float* shared) {
    const int kernel = conv.kernel, area = kernel * kernel;
    int* taps = (int*)(shared + conv.at_taps);
    for (int tap = threadIdx.x; tap < conv.channels * area; tap += blockDim.x) {
        const int channel = tap / area, row = (tap - channel * area) / kernel;
        const int column = tap - channel * area - row * kernel;
        taps[tap] = channel * conv.input_plane + row * conv.input_row + column;
    }
    if (!conv.input_gradient) return;
    const int side = frame_side(conv);
    int* frame = (int*)(shared + conv.at_frame);
    for (int f = threadIdx.x; f < conv.channels * side * side; f += blockDim.x) {
        const int channel = f / (side * side), row = (f - channel * side * side) / side;
        const int column = f - channel * side * side - row * side;
        int members = 0;
        for (int member = 0; member < conv.pool * conv.pool; member++) {
            const int ky = row - member / 2, kx = column - member % 2;
            if (ky >= 0 && ky < kernel && kx >= 0 && kx < kernel) members |= 1 << member;
        }
        frame[f] = (channel * area + row * kernel + column) * 16 + members;
    }
}

// Lists the channels that dropout keeps, then those that it drops. Called by one warp.
__device__ void list_kept(const Conv& conv, int image, float* shared) {
    int* kept = (int*)(shared + conv.at_kept);
    int count = 0;
    for (int first = 0; first < conv.outputs; first += 32) {
        const int output = first + lane_index();
        const bool keep =
            output < conv.outputs && (!conv.mask || conv.mask[(long long)image * conv.outputs + output]);
        const u32 ballot = __ballot_sync(FULL_WARP, keep);
        const u32 before = (1u << lane_index()) - 1;
        if (keep)
            kept[1 + count + __popc(ballot & before)] = output;
        else if (output < conv.outputs)  // from the end on
            kept[conv.outputs - (first - count) - __popc(~ballot & before)] = output;
        count += __popc(ballot);
    }
    if (lane_index() == 0) kept[0] = count;
}

// Copies the weights of kept channels `from … from + count` to shared memory.
__device__ void stage_weights(const Conv& conv, const float* parameters, int from, int count, float* shared) {
    const int* kept = (const int*)(shared + conv.at_kept) + 1 + from;
    float* to = shared + conv.at_weights;
    const int area = conv.kernel * conv.kernel, taps = conv.channels * area, groups = (count + 3) / 4;
    const int stride = tap_stride(count), channel_step = channel_stride(conv, count);
    for (int unit = threadIdx.x; unit < groups * taps; unit += blockDim.x) {
        const int group = unit / taps, tap = unit - group * taps, channel = tap / area;
        float four[4];
#pragma unroll
        for (int i = 0; i < 4; i++) {
            const int slot = 4 * group + i;
            four[i] = slot < count ? parameters[conv.weight + kept[slot] * taps + tap] : 0.0f;
        }
        *(float4*)(to + channel * channel_step + (tap - channel * area) * stride + 4 * group) =
            make_float4(four[0], four[1], four[2], four[3]);
    }
}

// Adds one channel's contribution to a 2 x 2 window of OUTPUTS_PER_THREAD outputs. `input` is the window's corner, 8-byte
// aligned.
template <int KERNEL>
__device__ __forceinline__ void add_channel(const float* input, int row, const float* weights, int stride, int kernel,
                                            float (&sums)[4 * OUTPUTS_PER_THREAD]) {
    auto add_tap = [&](const float* tap, float q0, float q1, float q2, float q3) {
#if OUTPUTS_PER_THREAD == 4
        const float4 all = *(const float4*)tap;
        const float weight[4] = {all.x, all.y, all.z, all.w};
#else
        const float2 all = *(const float2*)tap;
        const float weight[2] = {all.x, all.y};
#endif
#pragma unroll
        for (int i = 0; i < OUTPUTS_PER_THREAD; i++) {
            sums[4 * i + 0] = fmaf(q0, weight[i], sums[4 * i + 0]);
            sums[4 * i + 1] = fmaf(q1, weight[i], sums[4 * i + 1]);
            sums[4 * i + 2] = fmaf(q2, weight[i], sums[4 * i + 2]);
            sums[4 * i + 3] = fmaf(q3, weight[i], sums[4 * i + 3]);
        }
    };
    if (KERNEL > 0) {
        constexpr int PAIRS = (KERNEL + 2) / 2;
        float upper[2 * PAIRS], lower[2 * PAIRS];
#pragma unroll
        for (int pair = 0; pair < PAIRS; pair++) {
            const float2 two = *(const float2*)(input + 2 * pair);
            upper[2 * pair] = two.x, upper[2 * pair + 1] = two.y;
        }
#pragma unroll
        for (int ky = 0; ky < KERNEL; ky++) {
#pragma unroll
            for (int pair = 0; pair < PAIRS; pair++) {
                const float2 two = *(const float2*)(input + (ky + 1) * row + 2 * pair);
                lower[2 * pair] = two.x, lower[2 * pair + 1] = two.y;
            }
#pragma unroll
            for (int kx = 0; kx < KERNEL; kx++)
                add_tap(weights + (ky * KERNEL + kx) * stride, upper[kx], upper[kx + 1], lower[kx], lower[kx + 1]);
#pragma unroll
            for (int i = 0; i < 2 * PAIRS; i++) upper[i] = lower[i];
        }
    } else {
        for (int ky = 0; ky < kernel; ky++)
            for (int kx = 0; kx < kernel; kx++) {
                const float* pixel = input + ky * row + kx;
                add_tap(weights + (ky * kernel + kx) * stride, pixel[0], pixel[1], pixel[row], pixel[row + 1]);
            }
    }
}

// Finishes a 2 x 2 window of one output: dropout's factor, pooling, ReLU. Of equal members the first in reading order wins,
// as in src/nn/ops/max_pool2d.rs.
__device__ __forceinline__ void finish_window(const Conv& conv, int output, int top, int left, float q0, float q1,
                                              float q2, float q3, float* shared) {
    float* to = shared + conv.at_output + output * conv.output_plane;
    const float factor = conv.kept;
    if (conv.pool == 2) {
        float largest = q0;
        int winner = 0;
        if (q1 > largest) largest = q1, winner = 1;
        if (q2 > largest) largest = q2, winner = 2;
        if (q3 > largest) largest = q3, winner = 3;
        to[top * conv.output_row + left] = rectified(largest) * factor;
        u8* winners = (u8*)(shared + conv.at_winners);
        winners[(output * conv.out_height + top) * conv.out_width + left] = (u8)winner;
    } else {
        const float members[4] = {q0, q1, q2, q3};
#pragma unroll
        for (int member = 0; member < 4; member++) {
            const int y = 2 * top + member / 2, x = 2 * left + member % 2;
            if (y < conv.out_height && x < conv.out_width)
                to[y * conv.output_row + x] = rectified(members[member]) * factor;
        }
    }
}

// Computes kept channels `from … from + count`, whose weights are staged. Each thread computes a 2 x 2 window of a few
// outputs; with SLICES = 4, four neighbouring threads share the work, each taking every fourth input channel.
template <int KERNEL, int SLICES>
__device__ void convolve(const Conv& conv, const float* parameters, int from, int count, float* shared) {
    enum { OUTPUTS = OUTPUTS_PER_THREAD };
    const int* kept = (const int*)(shared + conv.at_kept) + 1 + from;
    const float* input = shared + conv.at_input;
    const float* weights = shared + conv.at_weights;
    const int columns = conv.pool == 2 ? conv.out_width : (conv.out_width + 1) / 2;
    const int rows = conv.pool == 2 ? conv.out_height : (conv.out_height + 1) / 2;
    const int windows = rows * columns, items = (count + OUTPUTS - 1) / OUTPUTS * windows * SLICES;
    const int stride = tap_stride(count), channel_step = channel_stride(conv, count);

    for (int base = threadIdx.x & ~31; base < items; base += blockDim.x) {
        const int slice = lane_index() % SLICES;
        const bool valid = base + lane_index() < items;
        const int item = (valid ? base + lane_index() : items - 1) / SLICES;
        const int group = item / windows, window = item - group * windows;
        const int top = window / columns, left = window - top * columns;
        const float* corner = input + 2 * top * conv.input_row + 2 * left;
        float biases[OUTPUTS], sums[4 * OUTPUTS];
#pragma unroll
        for (int i = 0; i < OUTPUTS; i++) {
            const int slot = OUTPUTS * group + i;
            biases[i] = slot < count ? parameters[conv.bias + kept[slot]] : 0.0f;
#pragma unroll
            for (int member = 0; member < 4; member++) sums[4 * i + member] = SLICES == 1 ? biases[i] : 0.0f;
        }
        for (int channel = slice; channel < conv.channels; channel += SLICES)
            add_channel<KERNEL>(corner + channel * conv.input_plane, conv.input_row,
                                weights + channel * channel_step + OUTPUTS * group, stride, conv.kernel, sums);
        if (SLICES > 1) {
#pragma unroll
            for (int i = 0; i < 4 * OUTPUTS; i++) {
                sums[i] += __shfl_xor_sync(FULL_WARP, sums[i], 1);
                sums[i] += __shfl_xor_sync(FULL_WARP, sums[i], 2);
                sums[i] += biases[i / 4];
            }
        }
#pragma unroll
        for (int i = 0; i < OUTPUTS; i++)  // with slices, each thread finishes another output
            if (valid && (SLICES == 1 || slice == i) && OUTPUTS * group + i < count)
                finish_window(conv, kept[OUTPUTS * group + i], top, left, sums[4 * i], sums[4 * i + 1], sums[4 * i + 2],
                              sums[4 * i + 3], shared);
    }
}

// The forward pass of a block. The kept channels are listed; if all fit in one chunk their weights are staged, too.
__device__ void conv_forward(const Conv& conv, const float* parameters, float* shared) {
    const int kept = ((const int*)(shared + conv.at_kept))[0];
    const int* list = (const int*)(shared + conv.at_kept) + 1;
    for (int slot = kept + warp_index(); slot < conv.outputs; slot += warp_count()) {
        // Dropped: 0, without computing it.
        float* to = shared + conv.at_output + list[slot] * conv.output_plane;
        u8* winners = (u8*)(shared + conv.at_winners) + list[slot] * conv.out_height * conv.out_width;
        for (int place = lane_index(); place < conv.out_height * conv.out_width; place += 32) {
            const int y = place / conv.out_width;
            to[y * conv.output_row + place - y * conv.out_width] = 0.0f;
            if (conv.pool == 2) winners[place] = 0;
        }
    }
    for (int from = 0; from < kept; from += conv.chunk) {
        const int count = kept - from < conv.chunk ? kept - from : conv.chunk;
        if (conv.outputs > conv.chunk) {
            __syncthreads();
            stage_weights(conv, parameters, from, count, shared);
            __syncthreads();
        }
        const bool sliced = conv.channels >= 4;
        switch (conv.kernel) {
        case 5:
            sliced ? convolve<5, 4>(conv, parameters, from, count, shared)
                   : convolve<5, 1>(conv, parameters, from, count, shared);
            break;
        case 3:
            sliced ? convolve<3, 4>(conv, parameters, from, count, shared)
                   : convolve<3, 1>(conv, parameters, from, count, shared);
            break;
        default:
            sliced ? convolve<0, 4>(conv, parameters, from, count, shared)
                   : convolve<0, 1>(conv, parameters, from, count, shared);
        }
    }
}

// Backward pass of a block. Of the members of a pooling window only one has a slope, and only if ReLU and dropout let it
// through: about one in ten with the presets. So the non-zero slopes are listed first.

// Lists the slopes of each output (for the gradient of the weights) with the offset of their window in the input, and those
// of each place (for the gradient of the input) with the index of the first weight, times 4, plus the member.
__device__ void list_slopes(const Conv& conv, float* shared) {
    const int places = conv.out_height * conv.out_width, taps = conv.channels * conv.kernel * conv.kernel;
    const float* slopes = shared + conv.at_slopes;
    const u8* winners = (const u8*)(shared + conv.at_winners);
    Entry* by_output = (Entry*)(shared + conv.at_output_lists);
    int* output_counts = (int*)(shared + conv.at_output_counts);
    Entry* by_place = (Entry*)(shared + conv.at_place_lists);
    int* place_counts = (int*)(shared + conv.at_place_counts);
    const u32 before = (1u << lane_index()) - 1;

    const int units = conv.outputs + (conv.input_gradient ? places : 0);
    for (int unit = warp_index(); unit < units; unit += warp_count()) {
        const bool output_unit = unit < conv.outputs;
        const int fixed = output_unit ? unit : unit - conv.outputs;
        const int length = output_unit ? places : conv.outputs;
        int count = 0;
        for (int first = 0; first < length; first += 32) {
            const int index = first + lane_index();
            const int output = output_unit ? fixed : index, place = output_unit ? index : fixed;
            const float slope = index < length ? slopes[output * places + place] : 0.0f;
            const bool keep = slope != 0.0f;
            const u32 ballot = __ballot_sync(FULL_WARP, keep);
            if (keep) {
                const int winner = conv.pool == 2 ? winners[output * places + place] : 0;
                const int dy = winner >> 1, dx = winner & 1, at = count + __popc(ballot & before);
                Entry entry;
                entry.slope = slope;
                if (output_unit) {
                    const int y = place / conv.out_width, x = place - y * conv.out_width;
                    entry.place = (y * conv.pool + dy) * conv.input_row + x * conv.pool + dx;
                    by_output[output * places + at] = entry;
                } else {
                    entry.place = (output * taps - dy * conv.kernel - dx) * 4 + winner;
                    by_place[place * conv.outputs + at] = entry;
                }
            }
            count += __popc(ballot);
        }
        if (lane_index() == 0) (output_unit ? output_counts : place_counts)[fixed] = count;
    }
}

// Gradient of weights `first … first + 32 * GROUPS` of one output from every `step`th of its slopes, by one warp: each lane
// has GROUPS sums.
template <int GROUPS>
__device__ __forceinline__ void weight_gradient(const Conv& conv, const Entry* list, int count, int step, int first,
                                                float* to, bool add, const float* shared) {
    const int* table = (const int*)(shared + conv.at_taps);
    const float* input = shared + conv.at_input;
    const int taps = conv.channels * conv.kernel * conv.kernel;
    int offsets[GROUPS];
    float sums[GROUPS];
#pragma unroll
    for (int group = 0; group < GROUPS; group++) {
        const int tap = first + 32 * group + lane_index();
        offsets[group] = tap < taps ? table[tap] : 0;
        sums[group] = 0.0f;
    }
    enum { UNROLL = GROUPS == 1 ? 8 : GROUPS <= 4 ? 4 : 2 };
#pragma unroll UNROLL
    for (int index = 0; index < count; index += step) {
        const Entry entry = list[index];
        const float* window = input + entry.place;
#pragma unroll
        for (int group = 0; group < GROUPS; group++)
            sums[group] = fmaf(entry.slope, window[offsets[group]], sums[group]);
    }
#pragma unroll
    for (int group = 0; group < GROUPS; group++) {
        const int tap = first + 32 * group + lane_index();
        if (tap < taps) to[tap] = add ? to[tap] + sums[group] : sums[group];
    }
}

// The sum of every `step`th slope, by one warp.
__device__ __forceinline__ float sum_slopes(const Entry* list, int count, int step) {
    float sum = 0.0f;
    for (int index = lane_index() * step; index < count; index += 32 * step) sum += list[index].slope;
    return warp_sum(sum);
}

// Contribution of one place to part of the gradient of the input, by one warp: `length` values of its frame.
template <int GROUPS>
__device__ __forceinline__ void frame_gradient(const float* weights, const Entry* list, int count, const int* frame,
                                               int length, float* to) {
    int indices[GROUPS], members[GROUPS];
    float sums[GROUPS];
#pragma unroll
    for (int group = 0; group < GROUPS; group++) {
        const int at = 32 * group + lane_index(), info = at < length ? frame[at] : 0;
        indices[group] = info >> 4;
        members[group] = info & 15;
        sums[group] = 0.0f;
    }
#pragma unroll 1
    for (int index = 0; index < count; index++) {
        const Entry entry = list[index];
        const int member = 1 << (entry.place & 3);
        const float* from = weights + (entry.place >> 2);
#pragma unroll
        for (int group = 0; group < GROUPS; group++)
            if (members[group] & member) sums[group] = fmaf(entry.slope, from[indices[group]], sums[group]);
    }
#pragma unroll
    for (int group = 0; group < GROUPS; group++) {
        const int at = 32 * group + lane_index();
        if (at < length) to[at] = sums[group];
    }
}

// The same as `input_slopes` for pooling and frames of an even side, for which the four pixels of a 2 x 2 cell are in the
// frames of the same places. By far the fastest part of the two, since it has the fewest indices to compute.
template <int SIDE>
__device__ __forceinline__ void cell_slopes(const Conv& conv, const Below& below, int from, int to, float* slopes,
                                            int image, const float* shared) {
    const int columns = (conv.width + 1) / 2, rows = (conv.height + 1) / 2, cells = rows * columns;
    const int length = (to - from) * SIDE * SIDE;
    const float* frames = shared + conv.at_frames;
    const float* input = shared + conv.at_input + from * conv.input_plane;
    for (int unit = threadIdx.x; unit < (to - from) * cells; unit += blockDim.x) {
        const int channel = unit / cells, row = (unit - channel * cells) / columns;
        const int column = unit - channel * cells - row * columns;
        float sums[4] = {0.0f, 0.0f, 0.0f, 0.0f};
#pragma unroll
        for (int up = 0; up < SIDE / 2; up++)
#pragma unroll
            for (int back = 0; back < SIDE / 2; back++) {
                const int y = row - up, x = column - back;
                if (y < 0 || y >= conv.out_height || x < 0 || x >= conv.out_width) continue;
                const float* frame = frames + (y * conv.out_width + x) * length + (channel * SIDE + 2 * up) * SIDE + 2 * back;
                const float2 top = *(const float2*)frame, bottom = *(const float2*)(frame + SIDE);
                sums[0] += top.x, sums[1] += top.y, sums[2] += bottom.x, sums[3] += bottom.y;
            }
#pragma unroll
        for (int member = 0; member < 4; member++) {
            const int y = 2 * row + member / 2, x = 2 * column + member % 2;
            if (y >= conv.height || x >= conv.width) continue;
            const int index = ((from + channel) * conv.height + y) * conv.width + x;
            const float activation = input[channel * conv.input_plane + y * conv.input_row + x];
            slopes[index] = slope_below(below, activation, sums[member],
                                        image * conv.channels * conv.height * conv.width + index);
        }
    }
}

// Writes the slopes of the layer below for channels `from … to`, whose frames are computed: each value of the input is in
// the frames of up to (side / pool + 1)^2 places.
__device__ void input_slopes(const Conv& conv, const Below& below, int from, int to, float* slopes, int image,
                             const float* shared) {
    const int side = frame_side(conv), pool = conv.pool, values = conv.height * conv.width;
    if (pool == 2 && side == 6) return cell_slopes<6>(conv, below, from, to, slopes, image, shared);
    if (pool == 2 && side == 4) return cell_slopes<4>(conv, below, from, to, slopes, image, shared);
    const int length = (to - from) * side * side;
    const float* frames = shared + conv.at_frames;
    const float* input = shared + conv.at_input;
    for (int unit = threadIdx.x; unit < (to - from) * values; unit += blockDim.x) {
        const int channel = unit / values, y = (unit - channel * values) / conv.width;
        const int x = unit - channel * values - y * conv.width;
        const int first_row = y < side ? 0 : (y - side) / pool + 1, first_column = x < side ? 0 : (x - side) / pool + 1;
        const int last_row = min(y / pool, conv.out_height - 1), last_column = min(x / pool, conv.out_width - 1);
        float sum = 0.0f;
        for (int row = first_row; row <= last_row; row++)
            for (int column = first_column; column <= last_column; column++)
                sum += frames[(row * conv.out_width + column) * length +
                              (channel * side + y - row * pool) * side + x - column * pool];
        const int index = (from + channel) * values + y * conv.width + x;
        const float activation = input[(from + channel) * conv.input_plane + y * conv.input_row + x];
        slopes[index] = slope_below(below, activation, sum, image * conv.channels * values + index);
    }
}

// The backward pass of a block whose slopes are in shared memory. Slopes of the layer below go to `slopes` (if needed).
__device__ void conv_backward(const Conv& conv, const float* parameters, const Below& below, float* slopes, float* slab,
                              bool add, int image, float* shared) {
    list_slopes(conv, shared);
    __syncthreads();

    const int places = conv.out_height * conv.out_width, area = conv.kernel * conv.kernel;
    const int taps = conv.channels * area, side = frame_side(conv);
    const Entry* by_output = (const Entry*)(shared + conv.at_output_lists);
    const int* output_counts = (const int*)(shared + conv.at_output_counts);
    const Entry* by_place = (const Entry*)(shared + conv.at_place_lists);
    const int* place_counts = (const int*)(shared + conv.at_place_counts);
    const int groups = taps <= 32 ? 1 : taps <= 64 ? 2 : taps <= 128 ? 4 : 8;
    const int tap_parts = (taps + 32 * groups - 1) / (32 * groups);

    // Long lists for few weights are split into parts, so that all warps have work; then the parts' sums are added.
    const int parts = conv.list_parts, weights = conv.outputs * taps;
    float* const sums_to = parts > 1 ? shared + conv.at_parts : slab + conv.weight;
    float* const bias_sums_to = parts > 1 ? shared + conv.at_parts + parts * weights : slab + conv.bias;

    // Both gradients in one loop over units of work for a warp, so that no warp waits for another in between.
    for (int from = 0; from == 0 || (conv.input_gradient && from < conv.channels); from += conv.frame_channels) {
        const int to = min(from + conv.frame_channels, conv.channels), length = (to - from) * side * side;
        const int frame_size = length <= 128 ? 128 : 192, frame_parts = (length + frame_size - 1) / frame_size;
        const int frame_units = conv.input_gradient ? places * frame_parts : 0;
        const int weight_units = from == 0 ? conv.outputs * tap_parts * parts : 0;
        for (int unit = warp_index(); unit < frame_units + weight_units; unit += warp_count()) {
            if (unit < frame_units) {
                const int part = unit / places, place = unit - part * places, first = part * frame_size;
                const float* own = parameters + conv.weight;
                const Entry* list = by_place + place * conv.outputs;
                const int* frame = (const int*)(shared + conv.at_frame) + from * side * side + first;
                float* frames = shared + conv.at_frames + place * length + first;
                if (frame_size == 128)
                    frame_gradient<4>(own, list, place_counts[place], frame, length - first, frames);
                else
                    frame_gradient<6>(own, list, place_counts[place], frame, length - first, frames);
                continue;
            }
            const int index = unit - frame_units, output = index / (tap_parts * parts);
            const int rest = index - output * tap_parts * parts, part = rest / tap_parts;
            const int first = (rest - part * tap_parts) * 32 * groups;
            const Entry* list = by_output + output * places + part;
            const int count = output_counts[output] - part;
            float* const own = sums_to + part * weights + output * taps;
            const bool more = add && parts == 1;
            switch (groups) {
            case 1: weight_gradient<1>(conv, list, count, parts, first, own, more, shared); break;
            case 2: weight_gradient<2>(conv, list, count, parts, first, own, more, shared); break;
            case 4: weight_gradient<4>(conv, list, count, parts, first, own, more, shared); break;
            default: weight_gradient<8>(conv, list, count, parts, first, own, more, shared);
            }
            if (first == 0) {
                const float sum = sum_slopes(list, count, parts);
                float* const bias = bias_sums_to + part * conv.outputs + output;
                if (lane_index() == 0) *bias = more ? *bias + sum : sum;
            }
        }
        if (!conv.input_gradient) break;
        __syncthreads();
        input_slopes(conv, below, from, to, slopes, image, shared);
        __syncthreads();
    }
    if (parts == 1) return;
    __syncthreads();
    for (int index = threadIdx.x; index < weights + conv.outputs; index += blockDim.x) {
        const bool is_bias = index >= weights;
        const float* from = is_bias ? bias_sums_to + index - weights : sums_to + index;
        float sum = from[0];
        for (int part = 1; part < parts; part++) sum += from[part * (is_bias ? conv.outputs : weights)];
        float* to = slab + (is_bias ? conv.bias + index - weights : conv.weight + index);
        *to = add ? *to + sum : sum;
    }
    __syncthreads();
}

// ---------------------------------------------------------------------------------------------------------------------
// Linear layers and the loss, on T images in shared memory
// ---------------------------------------------------------------------------------------------------------------------

// Computes `to[item][output]`. A warp computes four outputs of all items at a time: lanes along the inputs, then one sum
// over the lanes. Weights are read once per block.
template <int T>
__device__ void linear_outputs(const Linear& linear, const float* parameters, int first, int items, float* to,
                               int to_stride, const float* shared) {
    const float* input = shared + linear.at_input;
    const int inputs = linear.inputs, lane = lane_index();
    const bool quads = (inputs & 3) == 0 && (linear.weight & 3) == 0 && (linear.input_stride & 3) == 0;
    enum { UNROLL = T >= 8 ? 1 : 2 };
    const int index = lane / (8 / T), item = index % T;  // the value that `fold` gives this lane
    for (int output = 4 * warp_index(); output < linear.outputs; output += 4 * warp_count()) {
        // Loaded before they are needed, so that they arrive in time.
        const int own = output + index / T;
        const bool writes = lane % (8 / T) == 0 && item < items && own < linear.outputs;
        const float bias = writes ? parameters[linear.bias + own] : 0.0f;
        const float factor =
            writes && linear.mask && !linear.mask[(long long)(first + item) * linear.outputs + own] ? 0.0f : linear.kept;
        const float* rows[4];
#pragma unroll
        for (int i = 0; i < 4; i++)
            rows[i] = parameters + linear.weight + (long long)min(output + i, linear.outputs - 1) * inputs;
        float sums[4 * T];
#pragma unroll
        for (int i = 0; i < 4 * T; i++) sums[i] = 0.0f;
        if (quads) {
#pragma unroll UNROLL
            for (int at = 4 * lane; at < inputs; at += 128) {
                float4 weights[4];
#pragma unroll
                for (int i = 0; i < 4; i++) weights[i] = *(const float4*)(rows[i] + at);
#pragma unroll
                for (int item = 0; item < T; item++) {
                    const float4 values = *(const float4*)(input + item * linear.input_stride + at);
#pragma unroll
                    for (int i = 0; i < 4; i++) {
                        float sum = sums[i * T + item];
                        sum = fmaf(values.x, weights[i].x, sum);
                        sum = fmaf(values.y, weights[i].y, sum);
                        sum = fmaf(values.z, weights[i].z, sum);
                        sums[i * T + item] = fmaf(values.w, weights[i].w, sum);
                    }
                }
            }
        } else {
#pragma unroll UNROLL
            for (int at = lane; at < inputs; at += 32) {
                float weights[4];
#pragma unroll
                for (int i = 0; i < 4; i++) weights[i] = rows[i][at];
#pragma unroll
                for (int item = 0; item < T; item++) {
                    const float value = input[item * linear.input_stride + at];
#pragma unroll
                    for (int i = 0; i < 4; i++) sums[i * T + item] = fmaf(value, weights[i], sums[i * T + item]);
                }
            }
        }
        const float value = fold(sums) + bias;
        if (writes) to[item * to_stride + own] = (linear.relu ? rectified(value) : value) * factor;
    }
}

// Softmax and cross-entropy of `items` images, one warp each, and the slopes of the logits. As in PyTorch's argmax, the first of
// several highest logits counts.
__device__ void loss_and_slopes(const Loss& loss, const float* logits, const int* labels, int classes, int logit_stride,
                                int first, int items, float* slopes, int slope_stride, float* stored) {
    const int lane = lane_index();
    for (int item = warp_index(); item < items; item += warp_count()) {
        const float* own = logits + item * logit_stride;
        const int image = first + item, label = labels[item];
        float highest = own[0];
        int best = 0;
        for (int c = lane; c < classes; c += 32)
            if (own[c] > highest) highest = own[c], best = c;
        for (int offset = 16; offset > 0; offset >>= 1) {
            const float other = __shfl_xor_sync(FULL_WARP, highest, offset);
            const int other_best = __shfl_xor_sync(FULL_WARP, best, offset);
            if (other > highest || (other == highest && other_best < best)) highest = other, best = other_best;
        }
        float sum = 0.0f;
        for (int c = lane; c < classes; c += 32) sum += expf(own[c] - highest);
        sum = warp_sum(sum);
        for (int c = lane; c < classes; c += 32) {
            const float slope = (expf(own[c] - highest) / sum - (c == label ? 1.0f : 0.0f)) * loss.scale;
            slopes[item * slope_stride + c] = slope;
            if (stored) stored[(long long)image * classes + c] = slope;
            if (loss.logits) loss.logits[(long long)image * classes + c] = own[c];
        }
        if (lane == 0) {
            loss.losses[image] = logf(sum) + highest - own[label];
            loss.correct[image] = best == label;
        }
    }
}

// Gradient of the input of a linear layer; calls `put(item, input, gradient)` for each value. Threads lie along the inputs;
// if there are more threads than inputs they share the outputs, and their sums are added via `scratch`.
template <int T, typename Put>
__device__ void linear_input(const Linear& linear, const float* parameters, int items, float* scratch,
                             const float* shared, Put put) {
    const float* slopes = shared + linear.at_slopes;
    const int inputs = linear.inputs, padded = (inputs + 31) & ~31;
    const int slices = max(1, min(min((int)blockDim.x / padded, 8), linear.outputs));
    const int slice = slices == 1 ? 0 : threadIdx.x / padded;
    const int start = slices == 1 ? threadIdx.x : threadIdx.x - slice * padded;
    if (slice < slices) {
        for (int input = start; input < inputs; input += slices == 1 ? blockDim.x : padded) {
            const float* weights = parameters + linear.weight + input;
            float sums[T];
#pragma unroll
            for (int item = 0; item < T; item++) sums[item] = 0.0f;
#pragma unroll 8
            for (int output = slice; output < linear.outputs; output += slices) {
                const float weight = weights[(long long)output * inputs];
#pragma unroll
                for (int item = 0; item < T; item++)
                    sums[item] = fmaf(slopes[item * linear.slope_stride + output], weight, sums[item]);
            }
#pragma unroll
            for (int item = 0; item < T; item++) {
                if (slices > 1)
                    scratch[(slice * T + item) * inputs + input] = sums[item];
                else if (item < items)
                    put(item, input, sums[item]);
            }
        }
    }
    if (slices == 1) return;
    __syncthreads();
    for (int unit = threadIdx.x; unit < items * inputs; unit += blockDim.x) {
        float sum = scratch[unit];
        for (int other = 1; other < slices; other++) sum += scratch[other * T * inputs + unit];
        const int item = unit / inputs;
        put(item, unit - item * inputs, sum);
    }
}

// Loads the labels of `items` images, before they are needed. A barrier must follow.
__device__ __forceinline__ void load_labels(const Loss& loss, int first, int items, float* shared) {
    if ((int)threadIdx.x < items) ((int*)(shared + loss.at_labels))[threadIdx.x] = loss.labels[first + threadIdx.x];
}

// All linear layers and the loss. Calls `put(item, input, gradient)` with the gradient of the first layer's input if
// `backward`. The first layer's input is in shared memory.
template <int T, typename Put>
__device__ void head(const Linear* linears, int count, const float* parameters, const Loss& loss, int first, int items,
                     int at_logits, int at_scratch, bool backward, bool input_gradient, float* shared, Put put) {
    for (int l = 0; l < count; l++) {
        const Linear& linear = linears[l];
        if (linear.stored_input)
            for (int unit = threadIdx.x; unit < items * linear.inputs; unit += blockDim.x) {
                const int item = unit / linear.inputs, input = unit - item * linear.inputs;
                linear.stored_input[(long long)first * linear.inputs + unit] =
                    shared[linear.at_input + item * linear.input_stride + input];
            }
        const bool last = l + 1 == count;
        linear_outputs<T>(linear, parameters, first, items, shared + (last ? at_logits : linears[l + 1].at_input),
                          last ? linear.slope_stride : linears[l + 1].input_stride, shared);
        __syncthreads();
    }
    const Linear& last = linears[count - 1];
    loss_and_slopes(loss, shared + at_logits, (const int*)(shared + loss.at_labels), last.outputs, last.slope_stride, first, items, shared + last.at_slopes,
                    last.slope_stride, last.stored_slope);
    if (!backward) return;
    __syncthreads();
    for (int l = count - 1; l > 0; l--) {
        const Linear &linear = linears[l], &lower = linears[l - 1];
        const Below below = {lower.relu, lower.mask, lower.kept};
        linear_input<T>(linear, parameters, items, shared + at_scratch, shared, [&](int item, int input, float gradient) {
            const float activation = shared[linear.at_input + item * linear.input_stride + input];
            const int index = (first + item) * lower.outputs + input;
            const float slope = slope_below(below, activation, gradient, index);
            shared[lower.at_slopes + item * lower.slope_stride + input] = slope;
            lower.stored_slope[index] = slope;
        });
        __syncthreads();
    }
    if (input_gradient) linear_input<T>(linears[0], parameters, items, shared + at_scratch, shared, put);
}

__device__ __forceinline__ void advance(const Loss& loss) {
    if (loss.state && blockIdx.x == 0 && threadIdx.x == 0) {
        loss.state->step += 1;
        loss.state->batch += 1;
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// Passes
// ---------------------------------------------------------------------------------------------------------------------

// Copies an activation `[channel][row][column]` to shared memory, with strides.
__device__ void load_activation(const float* from, int channels, int height, int width, float* to, int row, int plane) {
    for (int line = warp_index(); line < channels * height; line += warp_count()) {
        const int channel = line / height;
        float* start = to + channel * plane + (line - channel * height) * row;
        for (int x = lane_index(); x < width; x += 32) start[x] = from[line * width + x];
    }
}

extern "C" __global__ void __launch_bounds__(IMAGE_PASS_THREADS, 1) image_pass(const __grid_constant__ ImagePass pass) {
    DYNAMIC_SHARED(shared);
    if (pass.linears) advance(pass.loss);
    for (int c = 0; c < pass.convs; c++) build_tables(pass.conv[c], shared);
    const Conv& last = pass.conv[pass.convs - 1];
    const int last_places = last.out_height * last.out_width, last_values = last.outputs * last_places;
    float* slab = pass.slabs + (long long)blockIdx.x * pass.slab_stride;

    // Touches the weights of the first linear layer, a value per cache line, so that they arrive in the first-level cache
    // while the convolutions are computed.
    float touched = 0.0f;
    if (pass.linears && 32 * (int)threadIdx.x < pass.linear[0].inputs * pass.linear[0].outputs)
        touched = pass.parameters[pass.linear[0].weight + 32 * threadIdx.x];

    for (int image = blockIdx.x; image < pass.count; image += gridDim.x) {
        __syncthreads();
        const Conv& first = pass.conv[0];
        const int values = first.channels * first.height * first.width;
        load_activation(pass.images + (long long)image * values, first.channels, first.height, first.width,
                        shared + first.at_input, first.input_row, first.input_plane);
        if (pass.linears) load_labels(pass.loss, image, 1, shared);
        if (pass.forward) {
            if (warp_index() == warp_count() - 1)
                for (int c = 0; c < pass.convs; c++) list_kept(pass.conv[c], image, shared);
            __syncthreads();
            for (int c = 0; c < pass.convs; c++)
                if (pass.conv[c].outputs <= pass.conv[c].chunk)
                    stage_weights(pass.conv[c], pass.parameters, 0, ((const int*)(shared + pass.conv[c].at_kept))[0],
                                  shared);
            __syncthreads();
            for (int c = 0; c < pass.convs; c++) {
                const Conv& conv = pass.conv[c];
                conv_forward(conv, pass.parameters, shared);
                __syncthreads();
                if (conv.stored_output) {
                    const int places = conv.out_height * conv.out_width;
                    const long long to = (long long)image * conv.outputs * places;
                    for (int unit = threadIdx.x; unit < conv.outputs * places; unit += blockDim.x) {
                        const int output = unit / places, y = (unit - output * places) / conv.out_width;
                        const int x = unit - output * places - y * conv.out_width;
                        conv.stored_output[to + unit] =
                            shared[conv.at_output + output * conv.output_plane + y * conv.output_row + x];
                        if (conv.pool == 2)
                            conv.stored_winners[to + unit] = ((const u8*)(shared + conv.at_winners))[unit];
                    }
                }
            }
        } else {
            for (int c = 0; c < pass.convs; c++) {
                const Conv& conv = pass.conv[c];
                const int size = conv.outputs * conv.out_height * conv.out_width;
                if (c + 1 < pass.convs)
                    load_activation(conv.stored_output + (long long)image * size, conv.outputs, conv.out_height,
                                    conv.out_width, shared + conv.at_output, conv.output_row, conv.output_plane);
                if (conv.pool == 2)
                    for (int unit = threadIdx.x; unit < size; unit += blockDim.x)
                        ((u8*)(shared + conv.at_winners))[unit] = conv.stored_winners[(long long)image * size + unit];
            }
        }

        if (pass.linears) {
            // Never true; it keeps the load.
            if (__float_as_uint(touched) == 0x7fabcdefu) shared[pass.at_scratch] = touched;
            const Linear& lowest = pass.linear[0];
            const Below below = {1, 0, last.kept};
            head<1>(pass.linear, pass.linears, pass.parameters, pass.loss, image, 1, pass.at_logits, pass.at_scratch,
                    pass.backward, true, shared, [&](int, int input, float gradient) {
                        const float activation = shared[lowest.at_input + input];
                        shared[last.at_slopes + input] = slope_below(below, activation, gradient, 0);
                    });
        } else if (pass.backward) {
            for (int unit = threadIdx.x; unit < last_values; unit += blockDim.x)
                shared[last.at_slopes + unit] = pass.output_slope[(long long)image * last_values + unit];
        }
        if (!pass.backward) continue;
        __syncthreads();
        for (int c = pass.convs - 1; c >= 0; c--) {
            const Conv& conv = pass.conv[c];
            const Below below = c > 0 ? Below{1, 0, pass.conv[c - 1].kept} : pass.below;
            float* slopes = c > 0 ? shared + pass.conv[c - 1].at_slopes : pass.input_slope + (long long)image * values;
            conv_backward(conv, pass.parameters, below, slopes, slab, image != (int)blockIdx.x, image, shared);
        }
    }
}

template <int T>
__device__ void head_tile(const HeadPass& pass, int first, float* shared) {
    const int items = min(T, pass.count - first);
    const Linear& lowest = pass.linear[0];
    const float* inputs = pass.inputs + (pass.halves ? (long long)pass.halves->half * pass.half_stride : 0);
    for (int unit = threadIdx.x; unit < T * lowest.inputs; unit += blockDim.x) {
        const int item = unit / lowest.inputs, input = unit - item * lowest.inputs;
        shared[lowest.at_input + item * lowest.input_stride + input] =
            item < items ? inputs[(long long)first * lowest.inputs + unit] : 0.0f;
    }
    load_labels(pass.loss, first, items, shared);
    // Values of missing items are computed, too: they must be numbers.
    for (int l = 0; l < pass.linears; l++) {
        const Linear& linear = pass.linear[l];
        for (int unit = threadIdx.x; unit < (T - items) * linear.slope_stride; unit += blockDim.x)
            shared[linear.at_slopes + items * linear.slope_stride + unit] = 0.0f;
        if (l > 0)
            for (int unit = threadIdx.x; unit < (T - items) * linear.input_stride; unit += blockDim.x)
                shared[linear.at_input + items * linear.input_stride + unit] = 0.0f;
    }
    __syncthreads();
    head<T>(pass.linear, pass.linears, pass.parameters, pass.loss, first, items, pass.at_logits, pass.at_scratch,
            pass.backward, pass.input_slope != 0, shared, [&](int item, int input, float gradient) {
                const float activation = shared[lowest.at_input + item * lowest.input_stride + input];
                const int index = (first + item) * lowest.inputs + input;
                pass.input_slope[index] = slope_below(pass.below, activation, gradient, index);
            });
}

extern "C" __global__ void __launch_bounds__(512) head_pass(const __grid_constant__ HeadPass pass) {
    DYNAMIC_SHARED(shared);
    advance(pass.loss);
    const int first = blockIdx.x * pass.tile;
    switch (pass.tile) {
    case 1: head_tile<1>(pass, first, shared); break;
    case 2: head_tile<2>(pass, first, shared); break;
    case 4: head_tile<4>(pass, first, shared); break;
    default: head_tile<8>(pass, first, shared);
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// Matrix products
// ---------------------------------------------------------------------------------------------------------------------
//
// A block of 256 threads computes a TILE x TILE tile. Four groups of 64 threads share the sum: each takes a quarter of every
// DEPTH values that are loaded at a time, so that even a tile of 16 x 16 keeps eight warps busy. While one load is
// multiplied the next one is on its way in registers. In the end the four sums are added in order.

enum { PRODUCT_THREADS = 256, PRODUCT_SHARED = 2 * 32 * 68 };  // threads; floats of shared memory

template <int TILE>
struct Tile {
    enum {
        SIDE = TILE / 8,                                  // values per thread in each direction
        DEPTH = 2048 / TILE,                              // values of the sum loaded at a time
        LOADS = TILE * DEPTH / PRODUCT_THREADS,           // per thread and operand: 8
    };
};

// Adds up the four groups' tiles and calls `put(row, column, value)` for each value.
template <int TILE, typename Put>
__device__ __forceinline__ void finish_tile(const float (&sums)[TILE / 8][TILE / 8], int row, int row_step, int column,
                                            int column_step, float* shared, Put put) {
    const int group = threadIdx.x / 64;
    __syncthreads();
#pragma unroll
    for (int i = 0; i < TILE / 8; i++)
#pragma unroll
        for (int j = 0; j < TILE / 8; j++)
            shared[(group * TILE + row + i * row_step) * TILE + column + j * column_step] = sums[i][j];
    __syncthreads();
    for (int unit = threadIdx.x; unit < TILE * TILE; unit += PRODUCT_THREADS) {
        float sum = shared[unit];
#pragma unroll
        for (int other = 1; other < 4; other++) sum += shared[other * TILE * TILE + unit];
        put(unit / TILE, unit % TILE, sum);
    }
}

// Product of `a(k, row)` and `b(k, column)` summed over `length` values of k. Each of the two is loaded with neighbouring
// threads along its second index, or along k if A_ALONG_K or B_ALONG_K.
template <int TILE, bool A_ALONG_K, typename A, typename B, typename Put>
__device__ __forceinline__ void multiply_outer(int length, A a, B b, float* shared, Put put) {
    typedef Tile<TILE> T;
    enum { STRIDE_A = A_ALONG_K ? TILE + 4 : TILE };
    float* const as = shared;
    float* const bs = shared + T::DEPTH * STRIDE_A;
    const int group = threadIdx.x / 64, row = threadIdx.x % 64 / 8 * T::SIDE, column = threadIdx.x % 8 * T::SIDE;
    float sums[T::SIDE][T::SIDE] = {};
    __align__(16) float next_a[T::LOADS], next_b[T::LOADS];

    auto load = [&](int start) {
#pragma unroll
        for (int i = 0; i < T::LOADS; i++) {
            const int unit = threadIdx.x + i * PRODUCT_THREADS;
            const int ka = start + (A_ALONG_K ? unit % T::DEPTH : unit / TILE);
            const int kb = start + unit / TILE;
            next_a[i] = ka < length ? a(ka, A_ALONG_K ? unit / T::DEPTH : unit % TILE) : 0.0f;
            next_b[i] = kb < length ? b(kb, unit % TILE) : 0.0f;
        }
    };
    load(0);
    for (int start = 0; start < length; start += T::DEPTH) {
        __syncthreads();
#pragma unroll
        for (int i = 0; i < T::LOADS; i++) {
            const int unit = threadIdx.x + i * PRODUCT_THREADS;
            as[A_ALONG_K ? unit % T::DEPTH * STRIDE_A + unit / T::DEPTH : unit] = next_a[i];
            bs[unit] = next_b[i];
        }
        __syncthreads();
        if (start + T::DEPTH < length) load(start + T::DEPTH);
#pragma unroll 4
        for (int k = group * T::DEPTH / 4; k < (group + 1) * T::DEPTH / 4; k++) {
            __align__(16) float left[T::SIDE], right[T::SIDE];
            if (T::SIDE == 4) {
                *(float4*)left = *(const float4*)(as + k * STRIDE_A + row);
                *(float4*)right = *(const float4*)(bs + k * TILE + column);
            } else {
                *(float2*)left = *(const float2*)(as + k * STRIDE_A + row);
                *(float2*)right = *(const float2*)(bs + k * TILE + column);
            }
#pragma unroll
            for (int i = 0; i < T::SIDE; i++)
#pragma unroll
                for (int j = 0; j < T::SIDE; j++) sums[i][j] = fmaf(left[i], right[j], sums[i][j]);
        }
    }
    finish_tile<TILE>(sums, row, 1, column, 1, shared, put);
}

// Product of the rows of two row-major matrices with `length` columns: `a` from row `first_a` of `rows_a` on, and `b`
// likewise. Tiles stay row-major in shared memory, and threads multiply four values of k at a time.
template <int TILE, bool QUADS, typename Put>
__device__ __forceinline__ void multiply_rows(const float* a, int first_a, int rows_a, const float* b, int first_b,
                                              int rows_b, int length, float* shared, Put put) {
    typedef Tile<TILE> T;
    enum { STRIDE = T::DEPTH + 4 };
    float* const as = shared;
    float* const bs = shared + TILE * STRIDE;
    const int group = threadIdx.x / 64, row = threadIdx.x % 64 / 8, column = threadIdx.x % 8;
    float sums[T::SIDE][T::SIDE] = {};
    __align__(16) float next_a[T::LOADS], next_b[T::LOADS];

    auto load = [&](int start) {
        if (QUADS) {
#pragma unroll
            for (int i = 0; i < T::LOADS / 4; i++) {
                const int unit = threadIdx.x + i * PRODUCT_THREADS, r = unit / (T::DEPTH / 4);
                const int k = start + unit % (T::DEPTH / 4) * 4;
                const float4 zero = make_float4(0.0f, 0.0f, 0.0f, 0.0f);
                *(float4*)(next_a + 4 * i) = k < length && first_a + r < rows_a
                                                 ? *(const float4*)(a + (first_a + r) * length + k) : zero;
                *(float4*)(next_b + 4 * i) = k < length && first_b + r < rows_b
                                                 ? *(const float4*)(b + (first_b + r) * length + k) : zero;
            }
        } else {
#pragma unroll
            for (int i = 0; i < T::LOADS; i++) {
                const int unit = threadIdx.x + i * PRODUCT_THREADS, r = unit / T::DEPTH, k = start + unit % T::DEPTH;
                next_a[i] = k < length && first_a + r < rows_a ? a[(first_a + r) * length + k] : 0.0f;
                next_b[i] = k < length && first_b + r < rows_b ? b[(first_b + r) * length + k] : 0.0f;
            }
        }
    };
    load(0);
    for (int start = 0; start < length; start += T::DEPTH) {
        __syncthreads();
        if (QUADS) {
#pragma unroll
            for (int i = 0; i < T::LOADS / 4; i++) {
                const int unit = threadIdx.x + i * PRODUCT_THREADS;
                const int at = unit / (T::DEPTH / 4) * STRIDE + unit % (T::DEPTH / 4) * 4;
                *(float4*)(as + at) = *(const float4*)(next_a + 4 * i);
                *(float4*)(bs + at) = *(const float4*)(next_b + 4 * i);
            }
        } else {
#pragma unroll
            for (int i = 0; i < T::LOADS; i++) {
                const int unit = threadIdx.x + i * PRODUCT_THREADS;
                const int at = unit / T::DEPTH * STRIDE + unit % T::DEPTH;
                as[at] = next_a[i];
                bs[at] = next_b[i];
            }
        }
        __syncthreads();
        if (start + T::DEPTH < length) load(start + T::DEPTH);
#pragma unroll 1
        for (int k = group * T::DEPTH / 4; k < (group + 1) * T::DEPTH / 4; k += 4) {
            float4 left[T::SIDE], right[T::SIDE];
#pragma unroll
            for (int i = 0; i < T::SIDE; i++) {
                left[i] = *(const float4*)(as + (row + 8 * i) * STRIDE + k);
                right[i] = *(const float4*)(bs + (column + 8 * i) * STRIDE + k);
            }
#pragma unroll
            for (int i = 0; i < T::SIDE; i++)
#pragma unroll
                for (int j = 0; j < T::SIDE; j++) {
                    float sum = sums[i][j];
                    sum = fmaf(left[i].x, right[j].x, sum);
                    sum = fmaf(left[i].y, right[j].y, sum);
                    sum = fmaf(left[i].z, right[j].z, sum);
                    sums[i][j] = fmaf(left[i].w, right[j].w, sum);
                }
        }
    }
    finish_tile<TILE>(sums, row, 8, column, 8, shared, put);
}

template <int TILE>
__device__ void linear_forward_tile(const LinearForward& layer, float* shared) {
    const int first_row = blockIdx.x / layer.column_blocks * TILE, first_column = blockIdx.x % layer.column_blocks * TILE;
    auto put = [&](int row, int column, float value) {
        const int image = first_row + row, output = first_column + column;
        if (image >= layer.count || output >= layer.outputs) return;
        const int index = image * layer.outputs + output;
        value += layer.parameters[layer.bias + output];
        if (layer.relu) value = rectified(value);
        if (layer.mask) value *= layer.mask[index] ? layer.kept : 0.0f;
        layer.outputs_to[index] = value;
    };
    const float* weights = layer.parameters + layer.weight;
    const float* inputs = layer.inputs + (layer.halves ? (long long)layer.halves->half * layer.half_stride : 0);
    if ((layer.inputs_length & 3) == 0 && (layer.weight & 3) == 0)
        multiply_rows<TILE, true>(inputs, first_row, layer.count, weights, first_column, layer.outputs,
                                  layer.inputs_length, shared, put);
    else
        multiply_rows<TILE, false>(inputs, first_row, layer.count, weights, first_column, layer.outputs,
                                   layer.inputs_length, shared, put);
}

// activation[image][output] = dropout(relu(input · weightᵀ + bias))
extern "C" __global__ void __launch_bounds__(256, 2) linear_forward(const __grid_constant__ LinearForward layer) {
    __shared__ __align__(16) float shared[PRODUCT_SHARED];
    if (layer.tile == 32)
        linear_forward_tile<32>(layer, shared);
    else
        linear_forward_tile<16>(layer, shared);
}

template <int TILE>
__device__ void linear_input_tile(const LinearInputGradient& layer, float* shared) {
    const int first_row = blockIdx.x / layer.column_blocks * TILE, first_column = blockIdx.x % layer.column_blocks * TILE;
    const float* weights = layer.parameters + layer.weight;
    multiply_outer<TILE, true>(
        layer.outputs,
        [&](int k, int row) {
            const int image = first_row + row;
            return image < layer.count ? layer.slopes[image * layer.outputs + k] : 0.0f;
        },
        [&](int k, int column) {
            const int input = first_column + column;
            return input < layer.inputs_length ? weights[k * layer.inputs_length + input] : 0.0f;
        },
        shared,
        [&](int row, int column, float value) {
            const int image = first_row + row, input = first_column + column;
            if (image >= layer.count || input >= layer.inputs_length) return;
            const int index = image * layer.inputs_length + input;
            layer.input_slope[index] = slope_below(layer.below, layer.inputs[index], value, index);
        });
}

// slope of the layer below = mask(slope · weight)
extern "C" __global__ void __launch_bounds__(256) linear_input_gradient(const __grid_constant__ LinearInputGradient layer) {
    __shared__ __align__(16) float shared[PRODUCT_SHARED + 128 * 4];
    if (layer.tile == 32)
        linear_input_tile<32>(layer, shared);
    else
        linear_input_tile<16>(layer, shared);
}

// ---------------------------------------------------------------------------------------------------------------------
// The end of a step
// ---------------------------------------------------------------------------------------------------------------------

// Updates one parameter. No contraction, as on the CPU.
__device__ __forceinline__ void apply(const Optimizer& optimizer, const StepSettings& settings, int index, float gradient) {
    if (optimizer.gradients) optimizer.gradients[index] = gradient;
    float* const weight = optimizer.parameters + index;
    if (optimizer.kind == SGD) {
        const float velocity = __fadd_rn(__fmul_rn(optimizer.momentum, optimizer.first[index]), gradient);
        optimizer.first[index] = velocity;
        *weight = __fsub_rn(*weight, __fmul_rn(settings.rate, velocity));
    } else {
        const float mean =
            __fadd_rn(__fmul_rn(optimizer.old1, optimizer.first[index]), __fmul_rn(optimizer.new1, gradient));
        const float square = __fadd_rn(__fmul_rn(optimizer.old2, optimizer.second[index]),
                                       __fmul_rn(__fmul_rn(optimizer.new2, gradient), gradient));
        optimizer.first[index] = mean;
        optimizer.second[index] = square;
        const float root = __fadd_rn(__fdiv_rn(__fsqrt_rn(square), settings.correction), optimizer.epsilon);
        *weight = __fsub_rn(__fmul_rn(settings.decay, *weight), __fdiv_rn(__fmul_rn(settings.rate, mean), root));
    }
}

// gradient[output][input] = slopeᵀ · input; the bias is one more input, which is always 1.
template <int TILE>
__device__ void weight_tile(const WeightProduct& product, int block, int count, int half, const Optimizer& optimizer,
                            const StepSettings& settings, float* shared) {
    const int first_row = block / product.column_blocks * TILE, first_column = block % product.column_blocks * TILE;
    const int inputs = product.inputs_length, outputs = product.outputs;
    const float* from = product.inputs + (long long)half * product.half_stride;
    multiply_outer<TILE, false>(
        count,
        [&](int k, int row) {
            const int output = first_row + row;
            return output < outputs ? product.slopes[k * outputs + output] : 0.0f;
        },
        [&](int k, int column) {
            const int input = first_column + column;
            return input < inputs ? from[k * inputs + input] : input == inputs ? 1.0f : 0.0f;
        },
        shared,
        [&](int row, int column, float value) {
            const int output = first_row + row, input = first_column + column;
            if (output >= outputs || input > inputs) return;
            apply(optimizer, settings, input < inputs ? product.weight + output * inputs + input : product.bias + output,
                  value);
        });
}

// Sums 32 parameters over all slabs: each warp every eighth slab, then the eight sums in order.
__device__ void slab_sums(const Update& update, int block, const StepSettings& settings, float* shared) {
    const int index = 32 * block + lane_index();
    const float* from = update.slabs + index;
    float sum = 0.0f;
    if (index < update.slab_stride) {
#pragma unroll 8
        for (int slab = warp_index(); slab < update.slab_count; slab += 8)
            sum += from[(long long)slab * update.slab_stride];
    }
    shared[threadIdx.x] = sum;
    __syncthreads();
    if (warp_index() != 0 || index >= update.slab_stride) return;
    for (int other = 1; other < 8; other++) sum += shared[32 * other + lane_index()];
    apply(update.optimizer, settings, index, sum);
}

// Sums losses and hits over the batch, by 256 threads. The result is valid in thread 0.
__device__ StepTotals sum_totals(const float* losses, const u8* correct, int count, float* shared) {
    double loss = 0.0;
    u32 hits = 0;
    for (int image = threadIdx.x; image < count; image += blockDim.x) loss += losses[image], hits += correct[image];
    double* sums = (double*)shared;
    u32* counts = (u32*)(sums + 256);
    sums[threadIdx.x] = loss;
    counts[threadIdx.x] = hits;
    for (int half = 128; half > 0; half /= 2) {
        __syncthreads();
        if ((int)threadIdx.x < half) {
            sums[threadIdx.x] += sums[threadIdx.x + half];
            counts[threadIdx.x] += counts[threadIdx.x + half];
        }
    }
    StepTotals totals;
    totals.loss = sums[0];
    totals.correct = counts[0];
    totals.images = count;
    return totals;
}

extern "C" __global__ void __launch_bounds__(256, 3) update(const __grid_constant__ Update update) {
    __shared__ __align__(16) float shared[PRODUCT_SHARED];
    const u32 batch = update.state->batch - 1;
    const int half = (int)(update.state->step - 1) & 1;
    const StepSettings settings = update.optimizer.settings[batch];
    int block = blockIdx.x;
    for (int p = 0; p < update.products; p++) {
        const WeightProduct& product = update.product[p];
        if (block < product.blocks) {
            if (product.tile == 32)
                weight_tile<32>(product, block, update.count, half, update.optimizer, settings, shared);
            else
                weight_tile<16>(product, block, update.count, half, update.optimizer, settings, shared);
            return;
        }
        block -= product.blocks;
    }
    if (block < update.slab_blocks) {
        slab_sums(update, block, settings, shared);
        return;
    }
    block -= update.slab_blocks;
    if (block == 0) {
        const StepTotals totals = sum_totals(update.losses, update.correct, update.count, shared);
        if (threadIdx.x == 0) {
            update.ring[batch % update.ring_length] = totals;
            switch_half(update.prepare);
        }
        return;
    }
    prepare_part(update.prepare, block - 1, update.prepare_blocks);
}

// One block of 256 threads, after the passes of an evaluated batch.
extern "C" __global__ void __launch_bounds__(256) add_totals(const __grid_constant__ AddTotals add) {
    __shared__ __align__(16) float shared[1024];
    const StepTotals totals = sum_totals(add.losses, add.correct, add.count, shared);
    if (threadIdx.x != 0) return;
    add.totals->loss += totals.loss;
    add.totals->correct += totals.correct;
    add.totals->images += totals.images;
    add.state->step += 1;
    add.state->batch += 1;
}
