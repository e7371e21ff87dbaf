// Turns a network into buffers and launches. This is the part that a host program in another language has to port.
#pragma once

#include <stddef.h>
#include <string.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "kernels.h"

// A network: convolutional blocks, then linear layers, the last of which gives the logits.
struct ConvSpec {
    int outputs, kernel, pool;
    float rate;         // channel dropout; 0 for none
    int dropout_layer;  // index of the dropout layer among all layers
};
struct LinearSpec {
    int outputs, relu;
    float rate;
    int dropout_layer;
};
struct Network {
    std::string name;
    int channels, height, width;
    std::vector<ConvSpec> convs;
    std::vector<LinearSpec> linears;
    int classes() const { return linears.back().outputs; }
    int image_values() const { return channels * height * width; }
};

// The presets of src/nn/presets, with the layer indices that src/nn/stack.rs counts.
inline Network preset_cnn() {
    return {"cnn", 1, 28, 28, {{10, 5, 2, 0.0f, 0}, {20, 5, 2, 0.5f, 4}}, {{50, 1, 0.5f, 10}, {10, 0, 0.0f, 0}}};
}
inline Network preset_dnn() {
    return {"dnn", 1, 28, 28, {}, {{256, 1, 0.2f, 3}, {128, 1, 0.2f, 6}, {10, 0, 0.0f, 0}}};
}

struct OptimizerSpec {
    OptimizerKind kind = SGD;
    double rate = 0.01, momentum = 0.5;
    double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weight_decay = 0.01;
};

// The settings of the step with this number (from 0), as in src/train/optimizer.rs.
inline StepSettings step_settings(const OptimizerSpec& optimizer, double rate, u64 step) {
    if (optimizer.kind == SGD) return {(float)rate, 1.0f, 1.0f, 0.0f};
    const double exponent = (double)(step + 1);
    return {(float)(rate / (1.0 - pow(optimizer.beta1, exponent))), (float)(1.0 - rate * optimizer.weight_decay),
            (float)sqrt(1.0 - pow(optimizer.beta2, exponent)), 0.0f};
}

// rand_core's `seed_from_u64`, which expands a seed to a ChaCha key with PCG32.
inline void expand_seed(u64 seed, u32 (&key)[8]) {
    for (u32& word : key) {
        seed = seed * 0x5851F42D4C957F2Dull + 0xA17654E46FBE17F3ull;
        const u32 shifted = (u32)((seed >> 18 ^ seed) >> 27), by = (u32)(seed >> 59);
        word = shifted >> by | shifted << (-by & 31);
    }
}

struct Options {
    int threads = 256;                // of `image_pass`
    int blocks = 0;                   // of `image_pass`; 0: one per image
    int head_tile = 0;                // images per block of `head_pass`: 1, 2, 4, 8; 0: by batch size
    int head_threads = 256;
    int forward_tile = 0;             // of `linear_forward`: 16, 32; 0: by size
    int weight_tile = 0;              // of weight products: 16, 32; 0: by size
    int shared_limit = 48 << 10;      // bytes of dynamic shared memory per block
    int small_linears = 64 << 10;     // linear layers at the end with this many weights together run in a pass
    int multiprocessors = 132;
    bool split = false;               // every convolution in its own launch, for tests
    int list_parts = 0;               // of a convolution's backward pass; 0: by size
    int chunk = 0;                    // outputs staged at a time, for tests; 0: all
    bool gradients = false;           // also write the gradients
};

enum Kernel {
    PREPARE, IMAGE_PASS, HEAD_PASS, LINEAR_FORWARD, LINEAR_INPUT_GRADIENT, UPDATE, ADD_TOTALS, KERNELS
};
inline const char* kernel_name(int kernel) {
    static const char* const names[] = {"prepare",       "image_pass",            "head_pass", "linear_forward",
                                        "linear_input_gradient", "update", "add_totals"};
    return names[kernel];
}

// A launch with a copy of its parameters.
struct Launch {
    Kernel kernel;
    unsigned blocks, threads, shared;
    std::vector<u64> params;
    template <typename Params>
    Launch(Kernel kernel, unsigned blocks, unsigned threads, unsigned shared, const Params& from)
        : kernel(kernel), blocks(blocks), threads(threads), shared(shared), params((sizeof(Params) + 7) / 8) {
        memcpy(params.data(), &from, sizeof(Params));
    }
    template <typename Params>
    Params& as() { return *(Params*)params.data(); }
};

// Device memory, all pointers to the device. Filled by the caller before the first step: parameters, first and second
// (zeros), settings, order, state.
struct Buffers {
    float *parameters, *first, *second, *gradients;
    StepSettings* settings;
    StepTotals* ring;
    State* state;
    u32* order;
    const u8 *pixels, *labels;
    float *levels, *images;
    u8* batch_labels;
    float* slabs;
    float* losses;
    u8* correct;
    float* logits;
    std::vector<float*> conv_outputs, conv_slopes, inputs, slopes;  // by layer
    std::vector<u8*> winners, conv_masks, masks;
};

// Memory for a network, allocated by `allocate(bytes)`.
template <typename Allocate>
Buffers make_buffers(const Network& network, int batch, int steps, int images, Allocate allocate);

inline int ceil_div(int a, int b) { return (a + b - 1) / b; }
inline int round_up(int a, int b) { return ceil_div(a, b) * b; }

// Sizes and parameter indices of all layers.
struct Layout {
    std::vector<Conv> convs;      // without places in shared memory and pointers
    std::vector<Linear> linears;
    int conv_parameters = 0, parameters = 0;

    explicit Layout(const Network& network) {
        int channels = network.channels, height = network.height, width = network.width;
        for (const ConvSpec& spec : network.convs) {
            Conv conv = {};
            conv.channels = channels, conv.height = height, conv.width = width;
            conv.outputs = spec.outputs, conv.kernel = spec.kernel, conv.pool = spec.pool;
            conv.out_height = (height - spec.kernel + 1) / spec.pool, conv.out_width = (width - spec.kernel + 1) / spec.pool;
            if (spec.pool < 1 || spec.pool > 2 || conv.out_height < 1 || conv.out_width < 1)
                throw std::runtime_error("an impossible convolution");
            conv.weight = parameters;
            conv.bias = parameters + spec.outputs * channels * spec.kernel * spec.kernel;
            parameters = conv.bias + spec.outputs;
            conv.kept = 1.0f;
            convs.push_back(conv);
            channels = spec.outputs, height = conv.out_height, width = conv.out_width;
        }
        conv_parameters = parameters;
        int inputs = channels * height * width;
        for (const LinearSpec& spec : network.linears) {
            Linear linear = {};
            linear.inputs = inputs, linear.outputs = spec.outputs, linear.relu = spec.relu;
            linear.weight = parameters;
            linear.bias = parameters + spec.outputs * inputs;
            parameters = linear.bias + spec.outputs;
            linear.kept = 1.0f;
            linears.push_back(linear);
            inputs = spec.outputs;
        }
    }
};

template <typename Allocate>
Buffers make_buffers(const Network& network, int batch, int steps, int images, Allocate allocate) {
    const Layout layout(network);
    auto floats = [&](size_t count) { return (float*)allocate(count * sizeof(float)); };
    auto bytes = [&](size_t count) { return (u8*)allocate(count); };
    Buffers buffers = {};
    buffers.parameters = floats(layout.parameters);
    buffers.first = floats(layout.parameters);
    buffers.second = floats(layout.parameters);
    buffers.gradients = floats(layout.parameters);
    buffers.settings = (StepSettings*)allocate(steps * sizeof(StepSettings));
    buffers.ring = (StepTotals*)allocate(steps * sizeof(StepTotals));
    buffers.state = (State*)allocate(sizeof(State));
    buffers.order = (u32*)allocate(images * sizeof(u32));
    buffers.levels = floats(256);
    buffers.images = floats((size_t)2 * batch * network.image_values());
    buffers.batch_labels = bytes(batch);
    buffers.slabs = floats((size_t)batch * layout.conv_parameters + 1);
    buffers.losses = floats(batch);
    buffers.correct = bytes(batch);
    for (size_t c = 0; c < layout.convs.size(); c++) {
        const Conv& conv = layout.convs[c];
        const size_t values = (size_t)batch * conv.outputs * conv.out_height * conv.out_width;
        buffers.conv_outputs.push_back(floats(values));
        buffers.conv_slopes.push_back(floats(values));
        buffers.winners.push_back(bytes(values));
        buffers.conv_masks.push_back(network.convs[c].rate > 0 ? bytes((size_t)batch * conv.outputs + 16) : nullptr);
    }
    for (size_t l = 0; l < layout.linears.size(); l++) {
        const Linear& linear = layout.linears[l];
        buffers.inputs.push_back(floats((size_t)batch * linear.inputs));
        buffers.slopes.push_back(floats((size_t)batch * linear.outputs));
        buffers.masks.push_back(network.linears[l].rate > 0 ? bytes((size_t)batch * linear.outputs + 16) : nullptr);
    }
    return buffers;
}

// The launches of a network. `batch` is the number of images of a whole batch.
class Plan {
  public:
    Plan(const Network& network, const Buffers& buffers, const OptimizerSpec& optimizer, int batch, int data_length,
         u64 seed, const Options& options)
        : network(network), buffers(buffers), optimizer(optimizer), layout(network), batch(batch),
          data_length(data_length), options(options) {
        if (layout.convs.size() > MAX_CONVS || layout.linears.size() > MAX_LINEARS || layout.linears.empty())
            throw std::runtime_error("too many layers, or none");
        expand_seed(seed, key);
        for (size_t c = 0; c < layout.convs.size(); c++) {
            const ConvSpec& spec = network.convs[c];
            if (spec.rate > 0) layout.convs[c].mask = buffers.conv_masks[c], layout.convs[c].kept = 1.0f / (1.0f - spec.rate);
        }
        for (size_t l = 0; l < layout.linears.size(); l++) {
            const LinearSpec& spec = network.linears[l];
            if (spec.rate > 0) layout.linears[l].mask = buffers.masks[l], layout.linears[l].kept = 1.0f / (1.0f - spec.rate);
        }
        // Linear layers from this one on run in a pass; the earlier ones are matrix products.
        small = (int)layout.linears.size() - 1;
        int weights = size_of(layout.linears[small]);
        while (small > 0 && (weights += size_of(layout.linears[small - 1])) <= options.small_linears) small--;
    }

    // Draws the masks and gathers the images of the first step.
    Launch prepare() const {
        const Prepare params = preparation();
        return Launch(PREPARE, prepare_blocks(params), 256, 0, params);
    }

    // A step with `count` images, at most a whole batch.
    std::vector<Launch> train(int count) const { return launches(count, true); }

    // The evaluation of `count` images that `prepare` of a plan for the test set has gathered.
    std::vector<Launch> evaluate(int count, StepTotals* totals) const {
        std::vector<Launch> list = launches(count, false);
        const AddTotals add = {buffers.losses, buffers.correct, count, totals, buffers.state};
        list.push_back(Launch(ADD_TOTALS, 1, 256, 0, add));
        return list;
    }

    int parameters() const { return layout.parameters; }

  private:
    static int size_of(const Linear& linear) { return linear.inputs * linear.outputs; }
    static int places(const Conv& conv) { return conv.out_height * conv.out_width; }
    static int side(const Conv& conv) { return conv.kernel + conv.pool - 1; }

    // `update` reads the images for the gradient of a first layer that is linear.
    bool in_halves() const { return layout.convs.empty(); }

    static unsigned prepare_blocks(const Prepare& params) {
        long long units = (long long)params.batch_size * ceil_div(params.image_values, 4);
        for (int m = 0; m < params.masks; m++) units += ceil_div(params.batch_size * params.mask[m].values, 16);
        return (unsigned)std::min<long long>((units + 255) / 256, 1024);
    }

    Prepare preparation() const {
        Prepare params = {};
        params.state = buffers.state;
        params.pixels = buffers.pixels, params.labels = buffers.labels, params.order = buffers.order;
        params.order_length = data_length, params.batch_size = batch, params.image_values = network.image_values();
        params.levels = buffers.levels, params.images = buffers.images, params.batch_labels = buffers.batch_labels;
        params.halves = in_halves() ? 2 : 1;
        memcpy(params.key, key, sizeof(key));
        for (size_t c = 0; c < layout.convs.size(); c++)
            if (network.convs[c].rate > 0)
                params.mask[params.masks++] = {buffers.conv_masks[c], layout.convs[c].outputs,
                                               network.convs[c].dropout_layer, network.convs[c].rate};
        for (size_t l = 0; l < layout.linears.size(); l++)
            if (network.linears[l].rate > 0)
                params.mask[params.masks++] = {buffers.masks[l], layout.linears[l].outputs,
                                               network.linears[l].dropout_layer, network.linears[l].rate};
        return params;
    }

    Loss loss(int count, bool training) const {
        Loss loss = {};
        loss.labels = buffers.batch_labels;
        loss.scale = 1.0f / (float)count;
        loss.losses = buffers.losses, loss.correct = buffers.correct, loss.logits = buffers.logits;
        loss.state = training ? buffers.state : nullptr;
        return loss;
    }

    // The layer, with dropout only in training.
    Conv conv(int c, bool training) const {
        Conv conv = layout.convs[c];
        if (!training) conv.mask = nullptr, conv.kept = 1.0f;
        return conv;
    }
    Linear linear(int l, bool training) const {
        Linear linear = layout.linears[l];
        if (!training) linear.mask = nullptr, linear.kept = 1.0f;
        if (training) linear.stored_slope = buffers.slopes[l];
        return linear;
    }

    // The input of a linear layer in device memory.
    float* stored_input(int l) const { return l == 0 && in_halves() ? buffers.images : buffers.inputs[l]; }

    // Floats of shared memory for the staged weights of `outputs` channels.
    static int staged(const Conv& conv, int outputs) {
        const int tap = 4 * (ceil_div(outputs, 4) | 1), channel = conv.kernel * conv.kernel * tap;
        return conv.channels * (channel + (channel / 4 % 2 ? 0 : 4));
    }

    // Lays out shared memory for convolutions `first … last` (and the linear layers of a pass, if they are in `pass`).
    // Returns the size in bytes, or 0 if it does not fit.
    unsigned place(ImagePass& pass, int limit) const {
        int top = 0;
        auto take = [&](int floats) { const int at = top; top += round_up(floats, 4); return at; };
        const int count = pass.convs;
        for (int c = 0; c < count; c++) {
            Conv& conv = pass.conv[c];
            const int columns = conv.pool == 2 ? conv.out_width : ceil_div(conv.out_width, 2);
            const int rows = conv.pool == 2 ? conv.out_height : ceil_div(conv.out_height, 2);
            conv.input_row = round_up(std::max(conv.width, 2 * columns + conv.kernel - 1), 2);
            conv.input_plane = std::max(conv.height, 2 * rows + conv.kernel - 1) * conv.input_row;
            // Four slices of a convolution read four channels at once: keep them in different banks.
            if (conv.channels >= 4) conv.input_plane = round_up(conv.input_plane + 8, 16) - 8;
            conv.at_input = take(conv.channels * conv.input_plane + 2);
        }
        for (int c = 0; c < count; c++) {
            Conv& conv = pass.conv[c];
            if (c + 1 < count) {
                const Conv& next = pass.conv[c + 1];
                conv.at_output = next.at_input, conv.output_row = next.input_row, conv.output_plane = next.input_plane;
            } else {
                conv.output_row = conv.out_width, conv.output_plane = places(conv);
                conv.at_output = pass.forward ? take(conv.outputs * places(conv)) : 0;
            }
            conv.at_winners = take(ceil_div(conv.outputs * places(conv), 4));
            conv.at_slopes = take(pass.backward ? conv.outputs * places(conv) : 0);
            conv.at_kept = take(1 + conv.outputs);
            conv.at_taps = take(conv.channels * conv.kernel * conv.kernel);
            conv.at_frame = take(conv.input_gradient ? conv.channels * side(conv) * side(conv) : 0);
            conv.chunk = options.chunk ? options.chunk : round_up(conv.outputs, 4);
        }
        for (int l = 0; l < pass.linears; l++) {
            Linear& linear = pass.linear[l];
            linear.at_input = l == 0 ? pass.conv[count - 1].at_output : take(linear.inputs);
            linear.input_stride = round_up(linear.inputs, 4), linear.slope_stride = round_up(linear.outputs, 4);
            linear.at_slopes = take(linear.outputs);
            if (l + 1 == pass.linears) pass.at_logits = take(linear.outputs);
        }
        pass.at_scratch = pass.linears ? take(options.threads) : 0;
        pass.loss.at_labels = take(1);

        // Staged weights (forward) and lists with frames (backward) share the rest.
        const int start = top;
        int end = start;
        if (pass.forward) {
            // With fewer outputs at a time, if all do not fit.
            for (;;) {
                top = start;
                for (int c = 0; c < count; c++) pass.conv[c].at_weights = take(staged(pass.conv[c], pass.conv[c].chunk));
                if (top <= limit / 4) break;
                Conv* largest = &pass.conv[0];
                for (int c = 1; c < count; c++)
                    if (staged(pass.conv[c], pass.conv[c].chunk) > staged(*largest, largest->chunk)) largest = &pass.conv[c];
                if (largest->chunk <= 4) return 0;
                largest->chunk = round_up(largest->chunk / 2, 4);
            }
            end = top;
        }
        for (int c = 0; c < count && pass.backward; c++) {
            Conv& conv = pass.conv[c];
            top = start;
            conv.at_output_lists = take(2 * conv.outputs * places(conv));
            conv.at_output_counts = take(conv.outputs);
            conv.frame_channels = conv.channels;
            const int taps = conv.channels * conv.kernel * conv.kernel;
            conv.list_parts = options.list_parts ? options.list_parts : taps <= 32 && places(conv) >= 64 ? 4 : 1;
            conv.at_parts = take(conv.list_parts > 1 ? conv.list_parts * conv.outputs * (taps + 1) : 0);
            if (conv.input_gradient) {
                conv.at_place_lists = take(2 * conv.outputs * places(conv));
                conv.at_place_counts = take(places(conv));
                conv.at_frames = top;
                const int channel = side(conv) * side(conv) * places(conv), fit = (limit / 4 - top) / channel;
                if (fit < 1) return 0;
                const int passes = ceil_div(conv.channels, fit);
                conv.frame_channels = ceil_div(conv.channels, passes);
                take(conv.frame_channels * channel);
            }
            end = std::max(end, top);
        }
        return end <= limit / 4 ? 4 * end : 0;
    }

    unsigned image_blocks(int count) const {
        return (unsigned)(options.blocks > 0 ? std::min(options.blocks, count) : count);
    }

    // One launch that does everything, if that is possible.
    bool whole_pass(int count, bool training, std::vector<Launch>& list) const {
        if (layout.convs.empty() || small > 0 || options.split) return false;
        ImagePass pass = {};
        pass.parameters = buffers.parameters, pass.images = buffers.images, pass.count = count;
        pass.convs = (int)layout.convs.size(), pass.linears = (int)layout.linears.size();
        pass.forward = 1, pass.backward = training;
        for (int c = 0; c < pass.convs; c++) pass.conv[c] = conv(c, training), pass.conv[c].input_gradient = training && c > 0;
        for (int l = 0; l < pass.linears; l++) {
            pass.linear[l] = linear(l, training);
            if (training) pass.linear[l].stored_input = stored_input(l);
        }
        pass.loss = loss(count, training);
        pass.slabs = buffers.slabs, pass.slab_stride = layout.conv_parameters;
        const unsigned shared = place(pass, options.shared_limit);
        if (!shared) return false;
        list.push_back(Launch(IMAGE_PASS, image_blocks(count), options.threads, shared, pass));
        return true;
    }

    // A launch for convolutions `first … last`, either forward or backward.
    bool conv_segment(int first, int last, int count, bool training, bool forward, std::vector<Launch>& list) const {
        ImagePass pass = {};
        pass.parameters = buffers.parameters, pass.count = count;
        pass.images = first == 0 ? buffers.images : buffers.conv_outputs[first - 1];
        pass.convs = last - first + 1, pass.forward = forward, pass.backward = !forward;
        const bool flat = last + 1 == (int)layout.convs.size();
        for (int c = first; c <= last; c++) {
            Conv& own = pass.conv[c - first];
            own = conv(c, training);
            own.input_gradient = !forward && c > 0;
            own.stored_output = c == last && flat ? buffers.inputs[0] : buffers.conv_outputs[c];
            own.stored_winners = buffers.winners[c];
        }
        pass.output_slope = buffers.conv_slopes[last];
        pass.input_slope = first > 0 ? buffers.conv_slopes[first - 1] : nullptr;
        if (first > 0) pass.below = {1, nullptr, conv(first - 1, training).kept};
        pass.slabs = buffers.slabs, pass.slab_stride = layout.conv_parameters;
        const unsigned shared = place(pass, options.shared_limit);
        if (!shared) return false;
        list.push_back(Launch(IMAGE_PASS, image_blocks(count), options.threads, shared, pass));
        return true;
    }

    void conv_segments(int count, bool training, bool forward, std::vector<Launch>& list) const {
        const int convs = (int)layout.convs.size();
        if (convs == 0) return;
        if (!options.split && conv_segment(0, convs - 1, count, training, forward, list)) return;
        for (int i = 0; i < convs; i++) {
            const int c = forward ? i : convs - 1 - i;
            if (!conv_segment(c, c, count, training, forward, list))
                throw std::runtime_error("a convolution does not fit in shared memory");
        }
    }

    int square_tile(int wanted, int rows, int columns) const {
        if (wanted) return wanted;
        return ceil_div(rows, 32) * ceil_div(columns, 32) >= options.multiprocessors * 3 / 4 ? 32 : 16;
    }

    std::vector<Launch> launches(int count, bool training) const {
        std::vector<Launch> list;
        if (!whole_pass(count, training, list)) {
            conv_segments(count, training, true, list);
            for (int l = 0; l < small; l++) forward_product(l, count, training, list);
            head(count, training, list);
            for (int l = small - 1; l >= 0 && training; l--)
                if (l > 0 || !layout.convs.empty()) backward_product(l, count, list);
            if (training) conv_segments(count, training, false, list);
        }
        if (training) list.push_back(update(count, list));
        return list;
    }

    void forward_product(int l, int count, bool training, std::vector<Launch>& list) const {
        const Linear own = linear(l, training);
        LinearForward params = {};
        params.parameters = buffers.parameters, params.inputs = stored_input(l);
        if (l == 0 && in_halves()) params.halves = buffers.state, params.half_stride = batch * own.inputs;
        params.outputs_to = buffers.inputs[l + 1], params.count = count;
        params.inputs_length = own.inputs, params.outputs = own.outputs, params.weight = own.weight, params.bias = own.bias;
        params.relu = own.relu, params.mask = own.mask, params.kept = own.kept;
        params.tile = square_tile(options.forward_tile, count, own.outputs);
        params.column_blocks = ceil_div(own.outputs, params.tile);
        list.push_back(Launch(LINEAR_FORWARD, ceil_div(count, params.tile) * params.column_blocks, 256, 0, params));
    }

    // What is below linear layer `l`, and where its slopes go.
    Below below(int l) const {
        if (l > 0) return {layout.linears[l - 1].relu, layout.linears[l - 1].mask, layout.linears[l - 1].kept};
        return {1, nullptr, layout.convs.empty() ? 1.0f : layout.convs.back().kept};
    }
    float* slopes_below(int l) const {
        if (l > 0) return buffers.slopes[l - 1];
        return layout.convs.empty() ? nullptr : buffers.conv_slopes.back();
    }

    void backward_product(int l, int count, std::vector<Launch>& list) const {
        const Linear own = linear(l, true);
        LinearInputGradient params = {};
        params.parameters = buffers.parameters, params.slopes = buffers.slopes[l], params.inputs = stored_input(l);
        params.input_slope = slopes_below(l), params.count = count;
        params.inputs_length = own.inputs, params.outputs = own.outputs, params.weight = own.weight;
        params.below = below(l);
        params.tile = square_tile(options.forward_tile, count, own.inputs);
        params.column_blocks = ceil_div(own.inputs, params.tile);
        list.push_back(Launch(LINEAR_INPUT_GRADIENT, ceil_div(count, params.tile) * params.column_blocks, 256, 0, params));
    }

    void head(int count, bool training, std::vector<Launch>& list) const {
        HeadPass params = {};
        params.parameters = buffers.parameters, params.inputs = stored_input(small), params.count = count;
        if (small == 0 && in_halves())
            params.halves = buffers.state, params.half_stride = batch * layout.linears[0].inputs;
        int tile = options.head_tile;
        if (!tile)
            for (tile = 1; tile < 8 && ceil_div(count, tile) > options.multiprocessors;) tile *= 2;
        params.linears = (int)layout.linears.size() - small;
        params.backward = training;
        params.input_slope = training ? slopes_below(small) : nullptr;
        params.below = below(small);
        params.loss = loss(count, training);
        for (;; tile /= 2) {
            int top = 0;
            auto take = [&](int floats) { const int at = top; top += round_up(floats, 4); return at; };
            for (int l = 0; l < params.linears; l++) {
                Linear& own = params.linear[l];
                own = linear(small + l, training);
                if (training && l > 0) own.stored_input = stored_input(small + l);
                own.input_stride = round_up(own.inputs, 4), own.slope_stride = round_up(own.outputs, 4);
                own.at_input = take(tile * own.input_stride);
                own.at_slopes = take(tile * own.slope_stride);
                if (l + 1 == params.linears) params.at_logits = take(tile * own.slope_stride);
            }
            params.at_scratch = take(tile * options.head_threads);
            params.loss.at_labels = take(tile);
            params.tile = tile;
            if (4 * top <= options.shared_limit) {
                list.push_back(Launch(HEAD_PASS, ceil_div(count, tile), options.head_threads, 4 * top, params));
                return;
            }
            if (tile == 1) throw std::runtime_error("a linear layer does not fit in shared memory");
        }
    }

    Launch update(int count, const std::vector<Launch>& list) const {
        Update params = {};
        params.state = buffers.state;
        Optimizer& to = params.optimizer;
        to.kind = optimizer.kind;
        to.momentum = (float)optimizer.momentum;
        to.old1 = (float)optimizer.beta1, to.new1 = (float)(1.0 - optimizer.beta1);
        to.old2 = (float)optimizer.beta2, to.new2 = (float)(1.0 - optimizer.beta2);
        to.epsilon = (float)optimizer.epsilon;
        to.parameters = buffers.parameters, to.first = buffers.first, to.second = buffers.second;
        to.gradients = options.gradients ? buffers.gradients : nullptr;
        to.settings = buffers.settings;
        params.count = count;
        unsigned blocks = 0;
        for (size_t l = 0; l < layout.linears.size(); l++) {
            const Linear& own = layout.linears[l];
            WeightProduct& product = params.product[params.products++];
            product.slopes = buffers.slopes[l], product.inputs = stored_input((int)l);
            product.half_stride = l == 0 && in_halves() ? batch * own.inputs : 0;
            product.outputs = own.outputs, product.inputs_length = own.inputs;
            product.weight = own.weight, product.bias = own.bias;
            product.tile = square_tile(options.weight_tile, own.outputs, own.inputs + 1);
            product.column_blocks = ceil_div(own.inputs + 1, product.tile);
            product.blocks = ceil_div(own.outputs, product.tile) * product.column_blocks;
            blocks += product.blocks;
        }
        params.slabs = buffers.slabs, params.slab_stride = layout.conv_parameters;
        for (const Launch& launch : list)
            if (launch.kernel == IMAGE_PASS) params.slab_count = (int)launch.blocks;
        params.slab_blocks = ceil_div(layout.conv_parameters, 32);
        params.losses = buffers.losses, params.correct = buffers.correct;
        params.ring = buffers.ring, params.ring_length = ceil_div(data_length, batch);
        params.prepare = preparation();
        params.prepare_blocks = (int)prepare_blocks(params.prepare);
        blocks += params.slab_blocks + 1 + params.prepare_blocks;
        return Launch(UPDATE, blocks, 256, 0, params);
    }

    const Network network;
    const Buffers buffers;
    const OptimizerSpec optimizer;
    Layout layout;
    const int batch, data_length;
    const Options options;
    u32 key[8];
    int small;
};
