// Tests and measures the kernels of kernels.cu. Compiles with nvcc, and with g++ and host.h for the tests without a GPU.
//
//   bench test          compares with a reference implementation in double precision, on several networks
//   bench test tiny     the presets only, with small batches: for compute-sanitizer
//   bench determinism   trains twice (on a GPU also with a graph) and compares the bits
//   bench learn DIR     trains on the data set in DIR (uncompressed IDX files) and prints loss and accuracy
//   bench speed [cnn|dnn]  images per second, by preset, batch and configuration; time by kernel      (GPU only)
//   bench steps cnn|dnn BATCH THREADS BLOCKS   three steps, for a profiler (GPU only)
//   bench phases        clock cycles of the phases of `image_pass` (built with -DPROFILE, GPU only)
//   bench ptx FILE      loads PTX through the driver API, compares and measures with it            (GPU only)
//
// The last line of `test`, `determinism` and `ptx` says whether all is well; so does the exit status.
#ifdef HOST_SHIM
#include "host.h"
#endif
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <map>
#include <string>
#include <vector>
#ifndef HOST_SHIM
#include <cuda_runtime.h>
#include <dlfcn.h>
#endif

#include "kernels.cu"
#include "plan.h"

#define CHECK(call)                                                                                             \
    do {                                                                                                        \
        const cudaError_t status = (call);                                                                      \
        if (status != cudaSuccess) {                                                                            \
            printf("%s:%d: %s: %s\n", __FILE__, __LINE__, #call, cudaGetErrorString(status));                   \
            fflush(stdout);                                                                                     \
            exit(2);                                                                                            \
        }                                                                                                       \
    } while (0)

static int failures = 0;
static void expect(bool good, const char* format, ...) __attribute__((format(printf, 2, 3)));
static void expect(bool good, const char* format, ...) {
    va_list arguments;
    va_start(arguments, format);
    printf("  %s ", good ? "ok  " : "FAIL");
    vprintf(format, arguments);
    printf("\n");
    va_end(arguments);
    failures += !good;
}

// ---------------------------------------------------------------------------------------------------------------------
// Launching
// ---------------------------------------------------------------------------------------------------------------------

#ifdef HOST_SHIM
typedef int Stream;
static void launch(const Launch& l, Stream) {
    static void (*const bodies[KERNELS])(const void*) = {
        host::call<Prepare, prepare>,
        host::call<ImagePass, image_pass>,
        host::call<HeadPass, head_pass>,
        host::call<LinearForward, linear_forward>,
        host::call<LinearInputGradient, linear_input_gradient>,
        host::call<Update, update>,
        host::call<AddTotals, add_totals>,
    };
    host::launch(bodies[l.kernel], l.blocks, l.threads, l.shared, l.params.data());
}
#else
typedef cudaStream_t Stream;

// The few functions of the driver API that loading PTX takes, without linking to the driver.
struct Driver {
    typedef int (*LoadData)(void** module, const void* image, unsigned options, int* names, void** values);
    typedef int (*GetFunction)(void** function, void* module, const char* name);
    typedef int (*SetAttribute)(void* function, int attribute, int value);
    typedef int (*LaunchKernel)(void* function, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned,
                                void* stream, void** params, void** extra);
    LoadData load = nullptr;
    GetFunction get = nullptr;
    SetAttribute set = nullptr;
    LaunchKernel launch = nullptr;
    void* functions[KERNELS] = {};

    bool open(const char* file) {
        void* library = dlopen("libcuda.so.1", RTLD_NOW);
        if (!library) return printf("no libcuda.so.1: %s\n", dlerror()), false;
        load = (LoadData)dlsym(library, "cuModuleLoadDataEx");
        get = (GetFunction)dlsym(library, "cuModuleGetFunction");
        set = (SetAttribute)dlsym(library, "cuFuncSetAttribute");
        launch = (LaunchKernel)dlsym(library, "cuLaunchKernel");
        if (!load || !get || !set || !launch) return printf("the driver lacks a function\n"), false;
        FILE* from = fopen(file, "rb");
        if (!from) return printf("cannot read %s\n", file), false;
        std::vector<char> text;
        char part[65536];
        for (size_t got; (got = fread(part, 1, sizeof part, from)) > 0;) text.insert(text.end(), part, part + got);
        fclose(from);
        text.push_back(0);
        CHECK(cudaFree(nullptr));  // makes the primary context current
        std::vector<char> log(1 << 14);
        int names[2] = {5, 6};  // CU_JIT_ERROR_LOG_BUFFER and its size
        void* values[2] = {log.data(), (void*)log.size()};
        void* module = nullptr;
        const auto start = std::chrono::steady_clock::now();
        if (const int status = load(&module, text.data(), 2, names, values))
            return printf("cuModuleLoadDataEx: error %d: %s\n", status, log.data()), false;
        printf("PTX loaded in %.0f ms\n",
               std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
        for (int kernel = 0; kernel < KERNELS; kernel++)
            if (const int status = get(&functions[kernel], module, kernel_name(kernel)))
                return printf("cuModuleGetFunction(%s): error %d\n", kernel_name(kernel), status), false;
        return true;
    }
};
static Driver driver;
static bool use_driver = false;

static const void* const FUNCTIONS[KERNELS] = {
    (const void*)prepare,        (const void*)image_pass,            (const void*)head_pass,
    (const void*)linear_forward, (const void*)linear_input_gradient, (const void*)update,
    (const void*)add_totals,
};

static void launch(const Launch& l, Stream stream) {
    void* params[] = {(void*)l.params.data()};
    if (use_driver) {
        const int status = driver.launch(driver.functions[l.kernel], l.blocks, 1, 1, l.threads, 1, 1, l.shared, stream,
                                         params, nullptr);
        if (status) printf("cuLaunchKernel(%s): error %d\n", kernel_name(l.kernel), status), exit(2);
    } else {
        const cudaError_t status =
            cudaLaunchKernel(FUNCTIONS[l.kernel], dim3(l.blocks), dim3(l.threads), params, l.shared, stream);
        if (status != cudaSuccess)
            printf("launch of %s <%u, %u, %u>: %s\n", kernel_name(l.kernel), l.blocks, l.threads, l.shared,
                   cudaGetErrorString(status)), exit(2);
    }
}

// Allows more than 48 KB of dynamic shared memory.
static void allow_shared(int bytes) {
    for (int kernel : {IMAGE_PASS, HEAD_PASS}) {
        CHECK(cudaFuncSetAttribute(FUNCTIONS[kernel], cudaFuncAttributeMaxDynamicSharedMemorySize, bytes));
        if (use_driver) driver.set(driver.functions[kernel], 8, bytes);
    }
}
#endif

// ---------------------------------------------------------------------------------------------------------------------
// Data
// ---------------------------------------------------------------------------------------------------------------------

// A generator for tests; not the one of the kernels.
struct Random {
    u64 state;
    explicit Random(u64 seed) : state(seed * 2 + 1) {}
    u32 next() {
        state = state * 6364136223846793005ull + 1442695040888963407ull;
        return (u32)(state >> 33) ^ (u32)(state >> 11);
    }
    float unit() { return (float)(next() >> 8) / 16777216.0f; }
    int below(int bound) { return (int)(next() % (u32)bound); }
};

struct Data {
    int values = 0;
    std::vector<u8> pixels, labels;
    int length() const { return (int)labels.size(); }
};

// Classes that can be told apart: each is a pattern of blocks on a black background, with noise.
static Data synthetic(int channels, int height, int width, int classes, int length, u64 seed) {
    Random random(seed);
    Data data;
    data.values = channels * height * width;
    std::vector<u8> patterns((size_t)classes * data.values);
    for (int c = 0; c < classes; c++)
        for (int i = 0; i < data.values; i++) {
            const int x = i % width, y = i / width;
            Random block(((u64)c * 1000 + y / 4) * 1000 + x / 4);
            block.next();
            patterns[(size_t)c * data.values + i] = block.below(5) < 2 ? 200 : 0;
        }
    data.pixels.resize((size_t)length * data.values);
    for (int image = 0; image < length; image++) {
        const int label = random.below(classes);
        data.labels.push_back((u8)label);
        for (int i = 0; i < data.values; i++) {
            const int noise = random.below(8) == 0 ? random.below(256) : 0;
            const int base = patterns[(size_t)label * data.values + i];
            data.pixels[(size_t)image * data.values + i] = (u8)(base ? base - noise / 4 : noise / 2);
        }
    }
    return data;
}

// The network input for each pixel value, as in src/data/split.rs.
static std::vector<float> normalized_levels() {
    std::vector<float> levels(256);
    for (int level = 0; level < 256; level++) levels[level] = ((float)level / 255.0f - 0.1307f) / 0.3081f;
    return levels;
}

static std::vector<u32> shuffled(int length, u64 seed) {
    Random random(seed);
    std::vector<u32> order(length);
    for (int i = 0; i < length; i++) order[i] = i;
    for (int i = length - 1; i > 0; i--) std::swap(order[i], order[random.below(i + 1)]);
    return order;
}

// Uniform in ±1/√fan_in, like PyTorch.
static std::vector<float> initial_parameters(const Network& network, u64 seed) {
    const Layout layout(network);
    std::vector<float> parameters;
    Random random(seed);
    auto add = [&](int count, int inputs) {
        const float bound = 1.0f / sqrtf((float)inputs);
        for (int i = 0; i < count; i++) parameters.push_back((random.unit() * 2.0f - 1.0f) * bound);
    };
    for (const Conv& conv : layout.convs) {
        const int taps = conv.channels * conv.kernel * conv.kernel;
        add(conv.outputs * taps, taps);
        add(conv.outputs, taps);
    }
    for (const Linear& linear : layout.linears) {
        add(linear.outputs * linear.inputs, linear.inputs);
        add(linear.outputs, linear.inputs);
    }
    return parameters;
}

// Makes every third output of the convolutions a positive constant: all members of its pooling windows are equal, but the
// pixels below them differ, so that the gradient shows which member won.
static void tie_outputs(const Network& network, std::vector<float>& parameters) {
    for (const Conv& conv : Layout(network).convs)
        for (int output = 0; output < conv.outputs; output += 3) {
            const int taps = conv.channels * conv.kernel * conv.kernel;
            for (int tap = 0; tap < taps; tap++) parameters[conv.weight + output * taps + tap] = 0.0f;
            parameters[conv.bias + output] = 0.25f;
        }
}

// ---------------------------------------------------------------------------------------------------------------------
// A session on the device
// ---------------------------------------------------------------------------------------------------------------------

class Session {
  public:
    Session(const Network& network, const Data& data, int batch, const OptimizerSpec& optimizer, u64 seed,
            const Options& options)
        : network(network), optimizer(optimizer), batch(batch), length(data.length()), seed(seed),
          steps(ceil_div(data.length(), batch)) {
        buffers = make_buffers(network, batch, steps, length, [&](size_t bytes) { return allocate(bytes); });
        buffers.logits = nullptr;
        u8* pixels = (u8*)allocate(data.pixels.size() + 4);
        u8* labels = (u8*)allocate(data.labels.size());
        static_assert(sizeof(ImagePass) < 4096 && sizeof(Update) < 4096, "parameters of a kernel");
        CHECK(cudaMemcpy(pixels, data.pixels.data(), data.pixels.size(), cudaMemcpyHostToDevice));
        CHECK(cudaMemcpy(labels, data.labels.data(), data.labels.size(), cudaMemcpyHostToDevice));
        buffers.pixels = pixels, buffers.labels = labels;
        const std::vector<float> levels = normalized_levels();
        put(buffers.levels, levels);
        configure(options);
        totals = (StepTotals*)allocate(sizeof(StepTotals));
    }
    Session(const Session&) = delete;
    ~Session() {
        for (void* pointer : allocations) cudaFree(pointer);
    }

    // Replaces the launches; memory stays.
    void configure(const Options& options) {
        plan.reset(new Plan(network, buffers, optimizer, batch, length, seed, options));
        whole = plan->train(batch);
        const int rest = length % batch;
        last = rest ? plan->train(rest) : whole;
    }

    void set_parameters(const std::vector<float>& parameters) {
        put(buffers.parameters, parameters);
        const std::vector<float> zeros(parameters.size(), 0.0f);
        put(buffers.first, zeros);
        put(buffers.second, zeros);
    }

    // Uploads the order and the settings of an epoch whose first step has this number, and prepares that step.
    void start_epoch(const std::vector<u32>& order, u64 step, Stream stream = 0) {
        std::vector<StepSettings> settings;
        for (int i = 0; i < steps; i++) settings.push_back(step_settings(optimizer, optimizer.rate, step + i));
        put(buffers.settings, settings);
        put(buffers.order, order);
        put(buffers.state, std::vector<State>{{step, 0, 0}});
        launch(plan->prepare(), stream);
    }

    // The launches of a batch of the epoch.
    const std::vector<Launch>& step(int index) const { return index + 1 == steps ? last : whole; }
    int count(int index) const { return index + 1 == steps && length % batch ? length % batch : batch; }

    void run_step(int index, Stream stream = 0) const {
        for (const Launch& l : step(index)) launch(l, stream);
    }

    // Evaluates all data in order, without dropout. Parameters come from a session for training.
    StepTotals evaluate(const float* parameters) {
        CHECK(cudaMemset(totals, 0, sizeof(StepTotals)));
        std::vector<u32> order(length);
        for (int i = 0; i < length; i++) order[i] = i;
        put(buffers.order, order);
        put(buffers.state, std::vector<State>{{0, 0, 0}});
        Buffers own = buffers;
        own.parameters = (float*)parameters;
        const Plan evaluation(network, own, optimizer, batch, length, seed, Options());
        for (int i = 0; i < steps; i++) {
            launch(evaluation.prepare(), 0);
            for (const Launch& l : evaluation.evaluate(count(i), totals)) launch(l, 0);
        }
        return get(totals, 1)[0];
    }

    template <typename T>
    std::vector<T> get(const T* from, size_t length) const {
        std::vector<T> to(length);
        CHECK(cudaDeviceSynchronize());
        CHECK(cudaMemcpy(to.data(), from, length * sizeof(T), cudaMemcpyDeviceToHost));
        return to;
    }
    template <typename T>
    void put(T* to, const std::vector<T>& from) const {
        CHECK(cudaMemcpy(to, from.data(), from.size() * sizeof(T), cudaMemcpyHostToDevice));
        CHECK(cudaDeviceSynchronize());  // the copy may still be on its way, and streams do not wait for it
    }

    std::vector<float> parameters() const { return get(buffers.parameters, plan->parameters()); }

    const Network network;
    const OptimizerSpec optimizer;
    const int batch, length;
    const u64 seed;
    const int steps;
    Buffers buffers;
    std::unique_ptr<Plan> plan;
    std::vector<Launch> whole, last;

  private:
    // Filled with NaN, so that reading what nothing wrote shows.
    void* allocate(size_t bytes) {
        void* pointer = nullptr;
        CHECK(cudaMalloc(&pointer, std::max<size_t>(bytes, 16)));
        CHECK(cudaMemset(pointer, 0xff, std::max<size_t>(bytes, 16)));
        allocations.push_back(pointer);
        return pointer;
    }

    std::vector<void*> allocations;
    StepTotals* totals;
};

// ---------------------------------------------------------------------------------------------------------------------
// Reference: the obvious loops, in double precision
// ---------------------------------------------------------------------------------------------------------------------

namespace reference {

static u32 rotate(u32 value, int by) { return value << by | value >> (32 - by); }

// Word `index` of a stream of ChaCha with 8 rounds, as `SeededRng::stream` gives it.
static u32 word(u64 seed, u64 stream, u64 index) {
    u32 key[8];
    expand_seed(seed, key);
    const u64 counter = index / 16;
    u32 start[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574}, now[16];
    for (int i = 0; i < 8; i++) start[4 + i] = key[i];
    start[12] = (u32)counter, start[13] = (u32)(counter >> 32), start[14] = (u32)stream, start[15] = (u32)(stream >> 32);
    memcpy(now, start, sizeof now);
    auto quarter = [&](int a, int b, int c, int d) {
        now[a] += now[b], now[d] = rotate(now[d] ^ now[a], 16);
        now[c] += now[d], now[b] = rotate(now[b] ^ now[c], 12);
        now[a] += now[b], now[d] = rotate(now[d] ^ now[a], 8);
        now[c] += now[d], now[b] = rotate(now[b] ^ now[c], 7);
    };
    for (int round = 0; round < 4; round++) {
        for (int i = 0; i < 4; i++) quarter(i, 4 + i, 8 + i, 12 + i);
        for (int i = 0; i < 4; i++) quarter(i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4);
    }
    return now[index % 16] + start[index % 16];
}

static u64 dropout_stream(int layer, u64 step) { return 3ull << 56 | (u64)(layer & 0xff) << 48 | (step & 0xffffffffffffull); }

static bool kept(u64 seed, int layer, u64 step, u64 index, float rate) {
    return (float)(word(seed, dropout_stream(layer, step), index) >> 8) / 16777216.0f >= rate;
}

struct Result {
    double loss = 0.0;
    int correct = 0;
    std::vector<double> gradient;
};

// Loss, hits and gradient of the mean loss of a batch. Without `dropout` as in evaluation.
static Result pass(const Network& network, const Data& data, const std::vector<u32>& images,
                   const std::vector<double>& parameters, u64 seed, u64 step, bool dropout) {
    const Layout layout(network);
    const std::vector<float> levels = normalized_levels();
    Result result;
    result.gradient.assign(parameters.size(), 0.0);
    typedef std::vector<double> Values;
    for (size_t image = 0; image < images.size(); image++) {
        std::vector<Values> activations(1);
        std::vector<std::vector<int>> winners;
        std::vector<Values> factors;
        for (int i = 0; i < data.values; i++)
            activations[0].push_back(levels[data.pixels[(size_t)images[image] * data.values + i]]);
        for (size_t c = 0; c < layout.convs.size(); c++) {
            const Conv& conv = layout.convs[c];
            const ConvSpec& spec = network.convs[c];
            const Values input = activations.back();
            Values output, factor;
            std::vector<int> winner;
            for (int o = 0; o < conv.outputs; o++) {
                factor.push_back(1.0);
                if (dropout && spec.rate > 0)
                    factor[o] = kept(seed, spec.dropout_layer, step, image * conv.outputs + o, spec.rate)
                                    ? (double)(1.0f / (1.0f - spec.rate)) : 0.0;
                for (int py = 0; py < conv.out_height; py++)
                    for (int px = 0; px < conv.out_width; px++) {
                        double largest = -INFINITY;
                        int best = 0;
                        for (int member = 0; member < conv.pool * conv.pool; member++) {
                            const int y = py * conv.pool + member / conv.pool, x = px * conv.pool + member % conv.pool;
                            double sum = parameters[conv.bias + o];
                            for (int ch = 0; ch < conv.channels; ch++)
                                for (int ky = 0; ky < conv.kernel; ky++)
                                    for (int kx = 0; kx < conv.kernel; kx++)
                                        sum += input[(ch * conv.height + y + ky) * conv.width + x + kx] *
                                               parameters[conv.weight +
                                                          ((o * conv.channels + ch) * conv.kernel + ky) * conv.kernel + kx];
                            if (sum * factor[o] > largest) largest = sum * factor[o], best = y * conv.width + x;
                        }
                        output.push_back(std::max(largest, 0.0));
                        winner.push_back(best);
                    }
            }
            activations.push_back(output), winners.push_back(winner), factors.push_back(factor);
        }
        for (size_t l = 0; l < layout.linears.size(); l++) {
            const Linear& linear = layout.linears[l];
            const LinearSpec& spec = network.linears[l];
            const Values input = activations.back();
            Values output, factor;
            for (int o = 0; o < linear.outputs; o++) {
                factor.push_back(1.0);
                if (dropout && spec.rate > 0)
                    factor[o] = kept(seed, spec.dropout_layer, step, image * linear.outputs + o, spec.rate)
                                    ? (double)(1.0f / (1.0f - spec.rate)) : 0.0;
                double sum = parameters[linear.bias + o];
                for (int i = 0; i < linear.inputs; i++) sum += input[i] * parameters[linear.weight + o * linear.inputs + i];
                if (linear.relu) sum = std::max(sum, 0.0);
                output.push_back(sum * factor[o]);
            }
            activations.push_back(output), factors.push_back(factor);
        }
        const Values& logits = activations.back();
        const int label = data.labels[images[image]];
        const int best = (int)(std::max_element(logits.begin(), logits.end()) - logits.begin());
        double sum = 0.0;
        for (double logit : logits) sum += exp(logit - logits[best]);
        result.loss += log(sum) + logits[best] - logits[label];
        result.correct += best == label;
        Values slope;
        for (size_t c = 0; c < logits.size(); c++)
            slope.push_back((exp(logits[c] - logits[best]) / sum - ((int)c == label)) / (double)images.size());

        const size_t convs = layout.convs.size();
        for (size_t l = layout.linears.size(); l-- > 0;) {
            const Linear& linear = layout.linears[l];
            const Values &input = activations[convs + l], &output = activations[convs + l + 1];
            for (int o = 0; o < linear.outputs; o++) {
                slope[o] *= factors[convs + l][o];
                if (linear.relu && !(output[o] > 0.0)) slope[o] = 0.0;
            }
            Values below(linear.inputs, 0.0);
            for (int o = 0; o < linear.outputs; o++) {
                result.gradient[linear.bias + o] += slope[o];
                for (int i = 0; i < linear.inputs; i++) {
                    result.gradient[linear.weight + o * linear.inputs + i] += slope[o] * input[i];
                    below[i] += slope[o] * parameters[linear.weight + o * linear.inputs + i];
                }
            }
            slope = below;
        }
        for (size_t c = convs; c-- > 0;) {
            const Conv& conv = layout.convs[c];
            const Values &input = activations[c], &output = activations[c + 1];
            Values below(input.size(), 0.0);
            for (int o = 0; o < conv.outputs; o++)
                for (int place = 0; place < conv.out_height * conv.out_width; place++) {
                    const size_t index = (size_t)o * conv.out_height * conv.out_width + place;
                    const double own = output[index] > 0.0 ? slope[index] * factors[c][o] : 0.0;
                    if (own == 0.0) continue;
                    result.gradient[conv.bias + o] += own;
                    for (int ch = 0; ch < conv.channels; ch++)
                        for (int ky = 0; ky < conv.kernel; ky++)
                            for (int kx = 0; kx < conv.kernel; kx++) {
                                const int pixel = ch * conv.height * conv.width + winners[c][index] + ky * conv.width + kx;
                                const int weight = conv.weight + ((o * conv.channels + ch) * conv.kernel + ky) * conv.kernel + kx;
                                result.gradient[weight] += own * input[pixel];
                                below[pixel] += own * parameters[weight];
                            }
                }
            slope = below;
        }
    }
    return result;
}

// One step of the optimizer in single precision, as in src/train/optimizer.rs.
static void optimize(const OptimizerSpec& optimizer, u64 step, const std::vector<float>& gradient,
                     std::vector<float>& parameters, std::vector<float>& first, std::vector<float>& second) {
    const StepSettings settings = step_settings(optimizer, optimizer.rate, step);
    const float momentum = (float)optimizer.momentum, epsilon = (float)optimizer.epsilon;
    const float old1 = (float)optimizer.beta1, new1 = (float)(1.0 - optimizer.beta1);
    const float old2 = (float)optimizer.beta2, new2 = (float)(1.0 - optimizer.beta2);
    for (size_t i = 0; i < parameters.size(); i++) {
        // `volatile` keeps the compiler from contracting products and sums.
        if (optimizer.kind == SGD) {
            volatile float product = momentum * first[i];
            first[i] = product + gradient[i];
            volatile float change = settings.rate * first[i];
            parameters[i] = parameters[i] - change;
        } else {
            volatile float a = old1 * first[i], b = new1 * gradient[i];
            first[i] = a + b;
            volatile float c = old2 * second[i], d = new2 * gradient[i];
            volatile float e = d * gradient[i];
            second[i] = c + e;
            volatile float decayed = settings.decay * parameters[i], scaled = settings.rate * first[i];
            volatile float root = sqrtf(second[i]) / settings.correction;
            volatile float quotient = scaled / (root + epsilon);
            parameters[i] = decayed - quotient;
        }
    }
}

}  // namespace reference

// ---------------------------------------------------------------------------------------------------------------------
// Tests
// ---------------------------------------------------------------------------------------------------------------------

// Words that rand_chacha 0.10 gives for `SeededRng::stream(StreamId::Dropout { layer, step }, skip)`; see masks-check.
struct GoldenWords {
    u64 seed;
    int layer;
    u64 step, skip;
    u32 words[20];
};
static const GoldenWords GOLDEN[] = {
    {0ull, 4, 0ull, 0, {0x363828cc, 0xa4770664, 0x705310ba, 0x12bfed00, 0xa1c337ae, 0x32d5cc1d, 0xd6a0da32, 0x09f1fefe, 0x8f043865, 0x3c47093b, 0x85d6786e, 0x753c3c00, 0xa8657eda, 0x15d665af, 0xd66cc6a4, 0xd74977dc, 0xf70e66db, 0xee0e502f, 0x2caffebb, 0x4ad1f234}},
    {1ull, 4, 7ull, 5, {0x83c97afa, 0x6ac3200c, 0x6d9b2054, 0x2e89d15b, 0xfea3080b, 0x471b69c1, 0x17f73e3e, 0x89c9b178, 0x4874211f, 0x00f54ffb, 0x6380d1a9, 0xaf25fc02, 0x3534bc92, 0x3008078c, 0x31f8ae4b, 0xacda930e, 0xbe505de1, 0x8e74d813, 0x0f5cada1, 0x69f44343}},
    {18446744073709551615ull, 10, 1099511627779ull, 70001, {0xfea2d342, 0xe3078f9e, 0xdd9fcef5, 0x865b418f, 0xedca313f, 0xcf9e31d7, 0xd5a1b04f, 0xa7103833, 0xe8d5f72d, 0x6807148a, 0x2c12e745, 0x46cad683, 0x5cd6b47f, 0x3d71cbe8, 0xd653846e, 0xe392b585, 0xc9f44d2a, 0x3dfb604d, 0x4d3738ec, 0xf5b9d7e2}},
    {12345ull, 3, 999ull, 255, {0x37f6d9a2, 0x063a93dc, 0x0ae8d89a, 0xf355482e, 0xaf95b122, 0x6261cf79, 0xba860ba2, 0x7a7c4df3, 0x8921c9f6, 0x3513be7a, 0x5656a72b, 0xd07d24bb, 0x8a72d7e4, 0x2fa273e3, 0xf93a2fb4, 0xe772ffb2, 0xfd538477, 0x8a6cbabd, 0x72610721, 0x6f8beecd}},
};

static void test_masks() {
    printf("masks\n");
    bool equal = true;
    for (const GoldenWords& golden : GOLDEN)
        for (int i = 0; i < 20; i++)
            equal &= reference::word(golden.seed, reference::dropout_stream(golden.layer, golden.step), golden.skip + i) ==
                     golden.words[i];
    expect(equal, "the reference draws the words of rand_chacha");

    const Network network = preset_cnn();
    const Data data = synthetic(1, 28, 28, 10, 19, 1);
    for (u64 seed : {0ull, 1ull, ~0ull})
        for (u64 step : {0ull, 12345ull, (1ull << 40) + 3}) {
            Session session(network, data, 19, OptimizerSpec(), seed, Options());
            session.start_epoch(shuffled(19, 1), step);
            const std::vector<u8> channels = session.get(session.buffers.conv_masks[1], 19 * 20);
            const std::vector<u8> values = session.get(session.buffers.masks[0], 19 * 50);
            int wrong = 0;
            for (int i = 0; i < 19 * 20; i++) wrong += channels[i] != reference::kept(seed, 4, step, i, 0.5f);
            for (int i = 0; i < 19 * 50; i++) wrong += values[i] != reference::kept(seed, 10, step, i, 0.5f);
            expect(wrong == 0, "seed %llu, step %llu: %d flags differ", seed, step, wrong);
        }
}

// ‖a - b‖ / ‖b‖
static double distance(const float* a, const double* b, size_t length) {
    double difference = 0.0, norm = 0.0;
    for (size_t i = 0; i < length; i++) difference += (a[i] - b[i]) * (a[i] - b[i]), norm += b[i] * b[i];
    const double result = sqrt(difference / std::max(norm, 1e-30));
    return std::isnan(result) ? INFINITY : result;
}

// Trains an epoch of three steps, the last of which is smaller, and compares each step with the reference; then evaluates.
static void test_network(const Network& network, int batch, const OptimizerSpec& optimizer, const Options& given,
                         const char* remark) {
    const int length = 2 * batch + (batch + 1) / 2;
    const u64 seed = 11, first_step = 1000;
    Options options = given;
    options.gradients = true;
    const Data data = synthetic(network.channels, network.height, network.width, network.classes(), length, 3);
    Session session(network, data, batch, optimizer, seed, options);
    std::vector<float> weights = initial_parameters(network, 5), moments(weights.size()), squares(weights.size());
    session.set_parameters(weights);
    const std::vector<u32> order = shuffled(length, 9);
    session.start_epoch(order, first_step);

    printf("%s, batch %d, %s%s, launches:", network.name.c_str(), batch, optimizer.kind == SGD ? "sgd" : "adamw", remark);
    for (const Launch& l : session.whole) printf(" %s<%u,%u,%u>", kernel_name(l.kernel), l.blocks, l.threads, l.shared);
    printf("\n");

    const Layout layout(network);
    std::vector<double> exact(weights.begin(), weights.end()), velocity(weights.size());
    double worst = 0.0, worst_loss = 0.0;
    bool same_hits = true, same_bits = true;
    for (int i = 0; i < session.steps; i++) {
        const std::vector<float> before = session.parameters();
        session.run_step(i);
        const std::vector<float> gradient = session.get(session.buffers.gradients, weights.size());
        const StepTotals totals = session.get(session.buffers.ring, session.steps)[i];

        // The gradient at the device's own weights.
        const std::vector<u32> images(order.begin() + i * batch, order.begin() + i * batch + session.count(i));
        const reference::Result want = reference::pass(network, data, images, {before.begin(), before.end()}, seed,
                                                       first_step + i, true);
        auto compare = [&](int from, int to) {
            const double error = distance(gradient.data() + from, want.gradient.data() + from, to - from);
            if (!(error < 1e-4)) printf("    step %d, parameters %d to %d: error %.2e\n", i, from, to, error);
            worst = std::max(worst, error);
        };
        for (const Conv& conv : layout.convs) compare(conv.weight, conv.bias), compare(conv.bias, conv.bias + conv.outputs);
        for (const Linear& l : layout.linears) compare(l.weight, l.bias), compare(l.bias, l.bias + l.outputs);
        worst_loss = std::max(worst_loss, fabs(totals.loss - want.loss) / want.loss);
        same_hits &= (int)totals.correct == want.correct && (int)totals.images == session.count(i);

        // The optimizer, bit for bit, from the device's gradients.
        reference::optimize(optimizer, first_step + i, gradient, weights, moments, squares);
        const std::vector<float> after = session.parameters();
        same_bits &= memcmp(after.data(), weights.data(), weights.size() * 4) == 0;

        // And SGD all by itself.
        const reference::Result own = reference::pass(network, data, images, exact, seed, first_step + i, true);
        for (size_t w = 0; w < exact.size(); w++) {
            velocity[w] = optimizer.momentum * velocity[w] + own.gradient[w];
            exact[w] -= optimizer.rate * velocity[w];
        }
    }
    expect(worst < 1e-4, "gradients: largest relative error of a tensor %.1e", worst);
    expect(worst_loss < 1e-5 && same_hits, "losses: relative error %.1e; hits %s", worst_loss, same_hits ? "equal" : "differ");
    expect(same_bits, "the optimizer's bits are those of the CPU");
    const std::vector<float> trained = session.parameters();
    if (optimizer.kind == SGD) {
        const double error = distance(trained.data(), exact.data(), exact.size());
        expect(error < 1e-5, "weights after %d steps: relative error %.1e", session.steps, error);
    }
    std::vector<u32> all(length);
    for (int i = 0; i < length; i++) all[i] = i;
    const reference::Result want = reference::pass(network, data, all, {trained.begin(), trained.end()}, 0, 0, false);
    const StepTotals got = session.evaluate(session.buffers.parameters);
    expect(fabs(got.loss - want.loss) < 1e-5 * want.loss && (int)got.correct == want.correct && (int)got.images == length,
           "evaluation: loss %.6f (reference %.6f), hits %u (%d) of %u", got.loss, want.loss, got.correct, want.correct,
           got.images);
}

// Compares the gradients of a step in which many members of pooling windows are equal.
static void test_ties(const Network& network, const Options& given) {
    const int batch = 8;
    const u64 seed = 11;
    Options options = given;
    options.gradients = true;
    const Data data = synthetic(network.channels, network.height, network.width, network.classes(), batch, 3);
    Session session(network, data, batch, OptimizerSpec(), seed, options);
    std::vector<float> weights = initial_parameters(network, 5);
    tie_outputs(network, weights);
    session.set_parameters(weights);
    const std::vector<u32> order = shuffled(batch, 9);
    session.start_epoch(order, 0);
    session.run_step(0);
    const std::vector<float> gradient = session.get(session.buffers.gradients, weights.size());
    const reference::Result want =
        reference::pass(network, data, order, {weights.begin(), weights.end()}, seed, 0, true);
    const double error = distance(gradient.data(), want.gradient.data(), gradient.size());
    expect(error < 1e-5, "%s with ties: relative error of the gradient %.1e", network.name.c_str(), error);
}

static void run_tests(bool tiny) {
    test_masks();
    OptimizerSpec sgd, adamw;
    adamw.kind = ADAMW, adamw.rate = 1e-3;
    Options fewer_blocks, narrow, split, staged;
    fewer_blocks.blocks = 3, fewer_blocks.threads = 128;
    narrow.threads = 512, narrow.head_tile = 4, narrow.head_threads = 512, narrow.forward_tile = 32, narrow.weight_tile = 32;
    split.split = true, split.small_linears = 2000, split.head_tile = 2;
    staged.chunk = 4, staged.threads = 64;
    test_ties(preset_cnn(), Options());
    test_ties(preset_cnn(), split);
    if (tiny) {
        test_network(preset_cnn(), 6, sgd, fewer_blocks, ", 3 blocks");
        test_network(preset_dnn(), 6, adamw, narrow, ", wide");
        return;
    }
    test_network(preset_cnn(), 16, sgd, Options(), "");
    test_network(preset_cnn(), 13, adamw, fewer_blocks, ", 3 blocks");
    test_network(preset_cnn(), 10, sgd, narrow, ", wide");
    test_network(preset_cnn(), 10, sgd, split, ", split");
    test_network(preset_cnn(), 7, sgd, staged, ", 4 outputs at a time");
    test_network(preset_dnn(), 16, sgd, Options(), "");
    test_network(preset_dnn(), 13, adamw, narrow, ", wide");
    test_network(preset_dnn(), 37, sgd, split, ", split");
    const Network odd = {"odd sizes", 3, 13, 11, {{6, 3, 1, 0.25f, 1}, {5, 2, 2, 0.3f, 4}}, {{7, 1, 0.0f, 0}, {4, 0, 0.0f, 0}}};
    test_network(odd, 9, sgd, Options(), "");
    test_network(odd, 9, sgd, split, ", split");
    const Network even = {"even kernel, 40 outputs", 2, 15, 17, {{40, 4, 2, 0.5f, 1}, {6, 3, 1, 0.0f, 0}, {36, 2, 1, 0.2f, 8}},
                          {{33, 0, 0.4f, 12}, {12, 1, 0.1f, 15}, {5, 0, 0.0f, 0}}};
    test_network(even, 6, sgd, Options(), "");
    test_network(even, 6, adamw, split, ", split");
    const Network plain = {"one linear layer", 1, 28, 28, {}, {{10, 0, 0.0f, 0}}};
    test_network(plain, 11, sgd, Options(), "");
    const Network deep = {"wide linear layers", 1, 10, 10, {{12, 3, 2, 0.0f, 0}}, {{300, 1, 0.2f, 6}, {270, 1, 0.0f, 0}, {40, 1, 0.5f, 9}, {3, 0, 0.0f, 0}}};
    test_network(deep, 21, sgd, Options(), "");
}

// A session on synthetic images of the size of MNIST.
static std::vector<float> train(const Network& network, const Data& data, int batch, const Options& options, bool graph);

static u64 hash(const std::vector<float>& values) {
    u64 result = 14695981039346656037ull;
    for (float value : values) {
        u32 bits;
        memcpy(&bits, &value, 4);
        result = (result ^ bits) * 1099511628211ull;
    }
    return result;
}

static void run_determinism() {
    for (const Network& network : {preset_cnn(), preset_dnn()}) {
#ifdef HOST_SHIM
        const int batch = 16, length = 3 * 16 + 5;
#else
        const int batch = 256, length = 40 * 256 + 77;
#endif
        printf("%s, batch %d, %d steps\n", network.name.c_str(), batch, ceil_div(length, batch));
        const Data data = synthetic(1, 28, 28, 10, length, 2);
        const u64 first = hash(train(network, data, batch, Options(), false));
        const u64 second = hash(train(network, data, batch, Options(), false));
        expect(first == second, "two runs: %016llx and %016llx", first, second);
#ifndef HOST_SHIM
        const u64 third = hash(train(network, data, batch, Options(), true));
        expect(first == third, "graph:    %016llx", third);
#endif
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// Training
// ---------------------------------------------------------------------------------------------------------------------

#ifndef HOST_SHIM
// A graph of `steps` whole batches.
struct Graph {
    cudaGraphExec_t exec = nullptr;
    Graph(const Session& session, int steps, Stream stream) { capture(stream, [&] {
        for (int i = 0; i < steps; i++)
            for (const Launch& l : session.whole) launch(l, stream);
    }); }
    Graph(const Launch& one, int copies, Stream stream) { capture(stream, [&] {
        for (int i = 0; i < copies; i++) launch(one, stream);
    }); }
    Graph(const Graph&) = delete;
    ~Graph() { cudaGraphExecDestroy(exec); }
    void run(Stream stream) const { CHECK(cudaGraphLaunch(exec, stream)); }

  private:
    template <typename Record>
    void capture(Stream stream, Record record) {
        cudaGraph_t graph;
        CHECK(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal));
        record();
        CHECK(cudaStreamEndCapture(stream, &graph));
        CHECK(cudaGraphInstantiate(&exec, graph, 0));
        CHECK(cudaGraphDestroy(graph));
    }
};
#endif

static std::vector<float> train(const Network& network, const Data& data, int batch, const Options& options, bool graph) {
    Session session(network, data, batch, OptimizerSpec(), 7, options);
    session.set_parameters(initial_parameters(network, 3));
    session.start_epoch(shuffled(data.length(), 4), 0);
    int done = 0;
#ifndef HOST_SHIM
    if (graph) {
        Stream stream;
        CHECK(cudaStreamCreate(&stream));
        CHECK(cudaDeviceSynchronize());
        {
            const Graph steps(session, 8, stream);
            for (; done + 8 < session.steps; done += 8) steps.run(stream);
        }
        CHECK(cudaDeviceSynchronize());
        CHECK(cudaStreamDestroy(stream));
    }
#endif
    (void)graph;
    for (; done < session.steps; done++) session.run_step(done);
    return session.parameters();
}

static std::vector<u8> read_idx(const std::string& path, size_t header) {
    FILE* file = fopen(path.c_str(), "rb");
    if (!file) printf("cannot read %s\n", path.c_str()), exit(2);
    std::vector<u8> bytes;
    u8 part[65536];
    for (size_t got; (got = fread(part, 1, sizeof part, file)) > 0;) bytes.insert(bytes.end(), part, part + got);
    fclose(file);
    bytes.erase(bytes.begin(), bytes.begin() + header);
    return bytes;
}

static Data read_data(const std::string& dir, const std::string& split) {
    Data data;
    data.values = 784;
    data.pixels = read_idx(dir + "/" + split + "-images-idx3-ubyte", 16);
    data.labels = read_idx(dir + "/" + split + "-labels-idx1-ubyte", 8);
    return data;
}

// Trains the presets with batches of 64, as the program does by default.
static void learn(const std::string& dir, int epochs) {
    Data training = read_data(dir, "train"), test = read_data(dir, "t10k");
#ifdef HOST_SHIM
    training.labels.resize(std::min<size_t>(training.labels.size(), 640));
    test.labels.resize(std::min<size_t>(test.labels.size(), 200));
    training.pixels.resize(training.labels.size() * 784), test.pixels.resize(test.labels.size() * 784);
#endif
    for (const Network& network : {preset_cnn(), preset_dnn()}) {
        Session session(network, training, 64, OptimizerSpec(), 0, Options());
        Session evaluation(network, test, std::min(500, test.length()), OptimizerSpec(), 0, Options());
        session.set_parameters(initial_parameters(network, 0));
        for (int epoch = 0; epoch < epochs; epoch++) {
            session.start_epoch(shuffled(training.length(), 100 + epoch), (u64)epoch * session.steps);
            for (int i = 0; i < session.steps; i++) session.run_step(i);
            double loss = 0.0;
            u32 correct = 0;
            for (const StepTotals& totals : session.get(session.buffers.ring, session.steps))
                loss += totals.loss, correct += totals.correct;
            const StepTotals totals = evaluation.evaluate(session.buffers.parameters);
            printf("%s, epoch %2d: loss %.4f, accuracy %.4f; test: loss %.4f, accuracy %.4f\n", network.name.c_str(),
                   epoch + 1, loss / training.length(), (double)correct / training.length(), totals.loss / totals.images,
                   (double)totals.correct / totals.images);
            fflush(stdout);
        }
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// Speed
// ---------------------------------------------------------------------------------------------------------------------

#ifndef HOST_SHIM

struct Timer {
    cudaEvent_t start, stop;
    Timer() { CHECK(cudaEventCreate(&start)); CHECK(cudaEventCreate(&stop)); }
    ~Timer() { cudaEventDestroy(start); cudaEventDestroy(stop); }
    template <typename Work>
    double microseconds(Stream stream, Work work) {
        CHECK(cudaEventRecord(start, stream));
        work();
        CHECK(cudaEventRecord(stop, stream));
        CHECK(cudaEventSynchronize(stop));
        float milliseconds = 0.0f;
        CHECK(cudaEventElapsedTime(&milliseconds, start, stop));
        return 1e3 * milliseconds;
    }
};

static double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

static const int UNROLL = 25;  // steps per graph; an epoch of the longest batch has 58 whole ones

// Microseconds per step, replaying a graph of 25 steps.
static double time_graph(Session& session, const std::vector<u32>& order, Timer& timer, Stream stream, int repeats) {
    const Graph graph(session, UNROLL, stream);
    std::vector<double> times;
    for (int i = 0; i < repeats + 1; i++) {
        session.start_epoch(order, 0, stream);
        const double time = timer.microseconds(stream, [&] { graph.run(stream); graph.run(stream); });
        if (i > 0) times.push_back(time / (2 * UNROLL));
    }
    return median(times);
}

static double time_plain(Session& session, const std::vector<u32>& order, Timer& timer, Stream stream) {
    std::vector<double> times;
    for (int i = 0; i < 6; i++) {
        session.start_epoch(order, 0, stream);
        const double time = timer.microseconds(stream, [&] {
            for (int step = 0; step < 2 * UNROLL; step++) session.run_step(0, stream);
        });
        if (i > 0) times.push_back(time / (2 * UNROLL));
    }
    return median(times);
}

// A whole epoch by wall clock: upload of order and settings, graphs, the last smaller batch, and the results read back.
static double time_epoch(Session& session, const std::vector<u32>& order, Stream stream) {
    const Graph many(session, UNROLL, stream), one(session, 1, stream);
    std::vector<double> times;
    for (int i = 0; i < 4; i++) {
        CHECK(cudaDeviceSynchronize());
        const auto start = std::chrono::steady_clock::now();
        session.start_epoch(order, (u64)i * session.steps, stream);
        const int whole = session.length / session.batch;
        int done = 0;
        for (; done + UNROLL <= whole; done += UNROLL) many.run(stream);
        for (; done < whole; done++) one.run(stream);
        if (done < session.steps) session.run_step(done, stream);
        CHECK(cudaStreamSynchronize(stream));
        session.get(session.buffers.ring, session.steps);
        if (i > 0) times.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    }
    return median(times);
}

struct Candidate {
    Options options;
    std::string text;
};

static std::vector<Candidate> candidates(const Network& network, int batch, int multiprocessors) {
    std::vector<Candidate> list;
    char text[128];
    Options options;
    options.multiprocessors = multiprocessors;
    if (!network.convs.empty()) {
        for (int threads : {128, 192, 256, 320, 384, 512, 640, 768, 1024})
            for (int waves : {0, 1, 2, 3, 4, 5})
                for (int shared : {48, 64}) {
                    if (threads > IMAGE_PASS_THREADS || waves * multiprocessors >= batch) continue;
                    options.threads = threads, options.blocks = waves * multiprocessors, options.shared_limit = shared << 10;
                    snprintf(text, sizeof text, "threads %d, blocks %d, shared %d KB", threads,
                             waves ? options.blocks : batch, shared);
                    list.push_back({options, text});
                }
    } else {
        for (int tile : {1, 2, 4, 8})
            for (int threads : {256, 512})
                for (int forward : {16, 32})
                    for (int weight : {16, 32}) {
                        if (batch / tile < 16) continue;
                        options.head_tile = tile, options.head_threads = threads;
                        options.forward_tile = forward, options.weight_tile = weight;
                        snprintf(text, sizeof text, "head tile %d, threads %d; forward tile %d; weight tile %d", tile,
                                 threads, forward, weight);
                        list.push_back({options, text});
                    }
    }
    return list;
}

static void run_speed(bool brief, const std::string& only) {
    cudaDeviceProp device;
    CHECK(cudaGetDeviceProperties(&device, 0));
    printf("%s, %d multiprocessors\n", device.name, device.multiProcessorCount);
    const Data data = synthetic(1, 28, 28, 10, 60000, 1);
    const std::vector<u32> order = shuffled(60000, 2);
    Stream stream;
    CHECK(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
    Timer timer;
    allow_shared(64 << 10);
    for (const Network& network : {preset_cnn(), preset_dnn()})
        for (int batch : {64, 256, 1024}) {
            if (!only.empty() && only != network.name) continue;
            Session session(network, data, batch, OptimizerSpec(), 1, Options());
            session.set_parameters(initial_parameters(network, 1));
            std::vector<std::pair<double, Candidate>> results;
            std::vector<Candidate> list = candidates(network, batch, device.multiProcessorCount);
            if (brief) list.assign(1, {Options(), "default"});
            for (const Candidate& candidate : list) {
                session.configure(candidate.options);
                results.push_back({time_graph(session, order, timer, stream, 3), candidate});
            }
            std::sort(results.begin(), results.end(), [](auto& a, auto& b) { return a.first < b.first; });
            printf("\n%s, batch %d: configurations by time per step with a graph\n", network.name.c_str(), batch);
            for (size_t i = 0; i < results.size(); i++)
                if (i < 8 || i + 1 == results.size())
                    printf("  %8.2f us  %s\n", results[i].first, results[i].second.text.c_str());
            const Candidate best = results[0].second;
            session.configure(best.options);
            session.set_parameters(initial_parameters(network, 1));
            const double graph = time_graph(session, order, timer, stream, 9);
            const double plain = time_plain(session, order, timer, stream);
            const double epoch = time_epoch(session, order, stream);
            printf("RESULT %s batch %d launches %zu graph %.2f us %.0f images/s plain %.2f us %.0f images/s epoch %.2f ms "
                   "%.0f images/s (%s)\n",
                   network.name.c_str(), batch, session.whole.size(), graph, 1e6 * batch / graph, plain,
                   1e6 * batch / plain, 1e3 * epoch, 60000 / epoch, best.text.c_str());
            for (const Launch& l : session.whole) {
                session.start_epoch(order, 0, stream);
                for (const Launch& all : session.whole) launch(all, stream);  // so that every buffer is filled
                const Graph copies(l, 50, stream);
                std::vector<double> times;
                for (int i = 0; i < 4; i++) {
                    CHECK(cudaStreamSynchronize(stream));
                    session.start_epoch(order, 0, stream);
                    launch(session.whole[0], stream);
                    if (l.kernel != IMAGE_PASS && l.kernel != HEAD_PASS)
                        for (const Launch& all : session.whole) if (all.kernel == HEAD_PASS) launch(all, stream);
                    const double time = timer.microseconds(stream, [&] { copies.run(stream); });
                    if (i > 0) times.push_back(time / 50);
                }
                printf("  %-22s %4u blocks of %3u threads, %5u bytes shared: %7.2f us\n", kernel_name(l.kernel), l.blocks,
                       l.threads, l.shared, median(times));
            }
            fflush(stdout);
        }
    CHECK(cudaStreamDestroy(stream));
}

#ifdef PROFILE
// Clock cycles from one phase of the first block to the next, in a launch like the others of a step.
static void run_phases() {
    static const char* const names[] = {
        "start", "tables", "image, kept channels", "staged weights", "convolution 1", "convolution 2", "linear 1", "linear 2",
        "", "", "loss", "backward: linear 2", "backward: linear 1", "lists 2", "frames and weights 2",
        "", "input slopes 2", "", "lists 1", "", "weights 1"};
    const Data data = synthetic(1, 28, 28, 10, 60000, 1);
    const std::vector<u32> order = shuffled(60000, 2);
    for (int batch : {64, 1024})
        for (int threads : {256, 512, 768}) {
            Options options;
            options.threads = threads;
            Session session(preset_cnn(), data, batch, OptimizerSpec(), 1, options);
            session.set_parameters(initial_parameters(preset_cnn(), 1));
            session.start_epoch(order, 0);
            std::vector<std::vector<double>> times(32);
            for (int i = 0; i < 40; i++) {
                session.run_step(0);
                CHECK(cudaDeviceSynchronize());
                long long clocks[32];
                CHECK(cudaMemcpyFromSymbol(clocks, phase_clocks, sizeof clocks));
                long long before = clocks[0];
                for (int phase = 1; phase <= 20; phase++) {
                    if (!names[phase][0]) continue;
                    times[phase].push_back((double)(clocks[phase] - before));
                    before = clocks[phase];
                }
                times[0].push_back((double)(before - clocks[0]));
            }
            printf("batch %d, %d threads per image: %.0f cycles\n", batch, threads, median(times[0]));
            for (int phase = 1; phase <= 20; phase++)
                if (names[phase][0]) printf("  %7.0f %s\n", median(times[phase]), names[phase]);
        }
}
#endif

// Loads PTX as cudarc does, trains with it, and compares.
static void run_ptx(const char* file) {
    expect(driver.open(file), "%s loads, with all kernels", file);
    if (failures) return;
    for (const Network& network : {preset_cnn(), preset_dnn()}) {
        const Data data = synthetic(1, 28, 28, 10, 20 * 64 + 9, 2);
        use_driver = false;
        const std::vector<float> compiled = train(network, data, 64, Options(), true);
        use_driver = true;
        const std::vector<float> loaded = train(network, data, 64, Options(), true);
        const std::vector<double> exact(compiled.begin(), compiled.end());
        const double error = distance(loaded.data(), exact.data(), exact.size());
        expect(error < 1e-4, "%s: weights after %d steps differ by %.1e (%s)", network.name.c_str(), 21, error,
               hash(compiled) == hash(loaded) ? "equal bits" : "other bits");
    }
    use_driver = true;
    run_speed(true, "");
}

#endif

int main(int count, char** arguments) {
    const std::string mode = count > 1 ? arguments[1] : "test";
    if (mode == "test") {
        run_tests(count > 2 && std::string(arguments[2]) == "tiny");
    } else if (mode == "determinism") {
        run_determinism();
    } else if (mode == "learn" && count > 2) {
        learn(arguments[2], count > 3 ? atoi(arguments[3]) : 5);
        return 0;
#ifndef HOST_SHIM
    } else if (mode == "speed") {
        run_speed(false, count > 2 ? arguments[2] : "");
        return 0;
    } else if (mode == "steps" && count > 5) {
        const Network network = std::string(arguments[2]) == "cnn" ? preset_cnn() : preset_dnn();
        Options options;
        const int batch = atoi(arguments[3]);
        options.threads = atoi(arguments[4]), options.blocks = atoi(arguments[5]);
        train(network, synthetic(1, 28, 28, 10, 3 * batch, 1), batch, options, false);
        return 0;
#ifdef PROFILE
    } else if (mode == "phases") {
        run_phases();
        return 0;
#endif
    } else if (mode == "ptx" && count > 2) {
        run_ptx(arguments[2]);
#endif
    } else {
        printf("usage: bench test [tiny] | determinism | learn DIR [EPOCHS] | speed [cnn|dnn] | ptx FILE\n");
        return 2;
    }
    printf(failures ? "FAILED: %d checks\n" : "all checks passed\n", failures);
    return failures != 0;
}
