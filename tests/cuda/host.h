// Lets a C++ compiler compile kernels.cu for the processor, to test it without a GPU.
//
// Blocks run one after another. The threads of a block are fibers, each with its own stack; a fiber runs until it reaches
// a barrier (of the block or, for shuffles and ballots, of its warp) that others have not reached yet. So every
// interleaving is the same, and races between barriers stay undetected: compute-sanitizer finds those on a GPU.
#pragma once

#include <math.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <vector>

#define __global__
#define __device__
#define __grid_constant__
#define __forceinline__ inline
#define __launch_bounds__(...)
#define __align__(n) __attribute__((aligned(n)))
#define __shared__ static
#define DYNAMIC_SHARED(name) float* const name = host::dynamic_shared

using std::max;
using std::min;

struct alignas(8) float2 { float x, y; };
struct alignas(16) float4 { float x, y, z, w; };
inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }
struct dim3 { unsigned x, y, z; };

static dim3 threadIdx, blockIdx, blockDim, gridDim;

inline unsigned __float_as_uint(float value) {
    unsigned bits;
    return memcpy(&bits, &value, 4), bits;
}
inline int __popc(unsigned value) { return __builtin_popcount(value); }
inline float __fadd_rn(float a, float b) { return a + b; }
inline float __fsub_rn(float a, float b) { return a - b; }
inline float __fmul_rn(float a, float b) { return a * b; }
inline float __fdiv_rn(float a, float b) { return a / b; }
inline float __fsqrt_rn(float a) { return sqrtf(a); }

namespace host {

enum { MAX_THREADS = 1024, STACK = 64 << 10, WARP = 32 };

static float* dynamic_shared;

struct Barrier {
    unsigned generation = 0;
    int arrived = 0;
};

struct Fiber {
    jmp_buf context;
    bool started, done;
    Barrier* barrier;  // waiting for this one…
    unsigned generation;  // …to leave this generation
};

struct Block {
    jmp_buf scheduler;
    Fiber fibers[MAX_THREADS];
    Barrier block, warps[MAX_THREADS / WARP];
    unsigned exchange[MAX_THREADS];
    int current, alive, alive_in_warp[MAX_THREADS / WARP];
    void (*body)(const void*);
    const void* params;
};

static Block block;
static char* stacks;
enum Order { ASCENDING, REVERSED, SHUFFLED };
static Order order;  // of blocks

inline void wait_at(Barrier& barrier, int participants) {
    Fiber& fiber = block.fibers[block.current];
    if (++barrier.arrived == participants) {
        barrier.arrived = 0;
        barrier.generation++;
        return;
    }
    fiber.barrier = &barrier;
    fiber.generation = barrier.generation;
    if (_setjmp(fiber.context) == 0) _longjmp(block.scheduler, 1);
}

inline void warp_barrier() {
    const int warp = block.current / WARP;
    if (block.alive_in_warp[warp] != WARP) fprintf(stderr, "a warp operation with missing lanes\n"), abort();
    wait_at(block.warps[warp], WARP);
}

inline void fiber_main() {
    block.body(block.params);
    Fiber& fiber = block.fibers[block.current];
    fiber.done = true;
    block.alive--;
    block.alive_in_warp[block.current / WARP]--;
    if (block.block.arrived > 0 && block.block.arrived == block.alive) {  // as on a GPU, those that left do not count
        block.block.arrived = 0;
        block.block.generation++;
    }
    _longjmp(block.scheduler, 1);
}

inline void enter(int thread) {
    Fiber& fiber = block.fibers[thread];
    block.current = thread;
    threadIdx = {(unsigned)thread, 0, 0};
    if (_setjmp(block.scheduler) != 0) return;
    if (fiber.started) _longjmp(fiber.context, 1);
    fiber.started = true;
    ucontext_t context, unused;
    getcontext(&context);
    context.uc_stack.ss_sp = stacks + (size_t)thread * STACK;
    context.uc_stack.ss_size = STACK;
    context.uc_link = nullptr;
    makecontext(&context, fiber_main, 0);
    swapcontext(&unused, &context);
}

inline void run_block(int threads) {
    block.alive = threads;
    block.block = Barrier();
    for (int warp = 0; warp < threads / WARP; warp++) block.warps[warp] = Barrier(), block.alive_in_warp[warp] = WARP;
    for (int thread = 0; thread < threads; thread++) {
        Fiber& fiber = block.fibers[thread];
        fiber.started = fiber.done = false;
        fiber.barrier = nullptr;
    }
    while (block.alive > 0) {
        bool progress = false;
        for (int thread = 0; thread < threads; thread++) {
            Fiber& fiber = block.fibers[thread];
            if (fiber.done || (fiber.barrier && fiber.barrier->generation == fiber.generation)) continue;
            fiber.barrier = nullptr;
            progress = true;
            enter(thread);
        }
        if (!progress) fprintf(stderr, "deadlock: threads wait at different barriers\n"), abort();
    }
}

template <typename Params, void (*KERNEL)(const Params)>
void call(const void* params) {
    KERNEL(*(const Params*)params);
}

// Launches a kernel. Shared memory is filled with NaN before each block, so that reading it uninitialised shows.
inline void launch(void (*body)(const void*), unsigned blocks, unsigned threads, size_t shared, const void* params) {
    if (threads % WARP || threads > MAX_THREADS) fprintf(stderr, "bad block size %u\n", threads), abort();
    if (!stacks) stacks = (char*)aligned_alloc(4096, (size_t)MAX_THREADS * STACK);
    // Guard words find writes past the end.
    const size_t guard = 256;
    static std::vector<float> buffer;
    buffer.assign(shared / 4 + guard + 16, 0.0f);
    float* start = (float*)(((size_t)buffer.data() + 63) & ~(size_t)63);
    dynamic_shared = start;
    block.body = body;
    block.params = params;
    gridDim = {blocks, 1, 1};
    blockDim = {threads, 1, 1};
    static std::mt19937 random;
    std::vector<unsigned> indices(blocks);
    std::iota(indices.begin(), indices.end(), 0u);
    if (order == REVERSED) std::reverse(indices.begin(), indices.end());
    if (order == SHUFFLED) std::shuffle(indices.begin(), indices.end(), random);
    for (const unsigned index : indices) {
        memset(start, 0xff, shared);
        for (size_t i = 0; i < guard - 16; i++) start[shared / 4 + i] = 1234.5f;
        blockIdx = {index, 0, 0};
        run_block((int)threads);
        for (size_t i = 0; i < guard - 16; i++)
            if (start[shared / 4 + i] != 1234.5f) fprintf(stderr, "a write past the end of shared memory\n"), abort();
    }
}

template <typename T>
T exchange(T value, int source) {
    static_assert(sizeof(T) == 4, "");
    memcpy(&block.exchange[block.current], &value, 4);
    warp_barrier();
    T result;
    memcpy(&result, &block.exchange[block.current / WARP * WARP + source], 4);
    warp_barrier();
    return result;
}

}  // namespace host

inline void __syncthreads() { host::wait_at(host::block.block, host::block.alive); }

template <typename T>
T __shfl_xor_sync(unsigned, T value, int mask) {
    return host::exchange(value, (host::block.current % host::WARP) ^ mask);
}

inline unsigned __ballot_sync(unsigned, bool predicate) {
    host::block.exchange[host::block.current] = predicate;
    host::warp_barrier();
    unsigned bits = 0;
    for (int lane = 0; lane < host::WARP; lane++)
        bits |= host::block.exchange[host::block.current / host::WARP * host::WARP + lane] << lane;
    host::warp_barrier();
    return bits;
}
