// Stands in for the CUDA driver: one device whose memory is the host's and whose kernels run on the host. Only what
// src/nn/cuda calls is here. It cannot show races between the threads of a block, and says nothing about speed.
//
// Environment variables
//   STAND_IN_MEMORY   bytes of the device's memory
//   STAND_IN_FAIL     KIND:N:ERROR makes the N-th call of this kind return this error, such as launch:100:719. After 719
//                     the device is lost: all calls fail. The error -1 makes the call hang. The kinds of calls are
//                     those in the functions below
//   STAND_IN_ORDER    of the blocks of a kernel: reversed, or shuffled (differently at each launch)
//   STAND_IN_COUNTS   a directory; each process writes the number of calls of each kind to a file of its own there
#include "host.h"

#include "kernels.cu"

#include <unistd.h>

#include <map>
#include <mutex>
#include <string>

#define EXPORT extern "C" __attribute__((visibility("default")))

typedef int Status;
enum { SUCCESS = 0, INVALID_VALUE = 1, OUT_OF_MEMORY = 2, NOT_FOUND = 500, LAUNCH_FAILED = 719 };

namespace {

const size_t GUARD = 256;
const unsigned char GUARD_BYTE = 0xa5;

struct Driver {
    std::map<std::string, long> counts;
    std::map<char*, size_t> allocations;
    std::map<std::string, unsigned> shared;  // bytes of dynamic shared memory that kernels asked for
    size_t used = 0, limit = (size_t)4 << 30;
    std::string failing;
    long fails_at = 0;
    Status failure = SUCCESS;
    bool is_lost = false;

    Driver() {
        if (const char* bytes = getenv("STAND_IN_MEMORY")) limit = strtoull(bytes, nullptr, 10);
        if (const char* order = getenv("STAND_IN_ORDER")) {
            if (!strcmp(order, "reversed")) host::order = host::REVERSED;
            else if (!strcmp(order, "shuffled")) host::order = host::SHUFFLED;
            else fprintf(stderr, "no such order of blocks: %s\n", order), abort();
        }
        if (const char* fail = getenv("STAND_IN_FAIL")) {
            char kind[32] = {};
            if (sscanf(fail, "%31[a-z]:%ld:%d", kind, &fails_at, &failure) == 3) failing = kind;
        }
    }
    ~Driver() {
        const char* directory = getenv("STAND_IN_COUNTS");
        if (!directory) return;
        FILE* file = fopen((std::string(directory) + "/" + std::to_string(getpid())).c_str(), "w");
        if (!file) return;
        for (const auto& count : counts) fprintf(file, "%s %ld\n", count.first.c_str(), count.second);
        fclose(file);
    }

    // Counts a call; the error that it is to return.
    Status call(const char* kind) {
        const long number = ++counts[kind];
        if (is_lost) return LAUNCH_FAILED;
        if (failing != kind || number != fails_at) return SUCCESS;
        if (failure == -1) {
            fprintf(stderr, "the stand-in hangs\n");
            for (;;) pause();
        }
        is_lost = failure == LAUNCH_FAILED;
        return failure;
    }

    // Whether these bytes are in one allocation.
    bool holds(const void* at, size_t bytes) const {
        auto after = allocations.upper_bound((char*)at);
        if (after == allocations.begin()) return false;
        const auto& found = *--after;
        return (char*)at + bytes <= found.first + found.second;
    }
};

Driver& driver() {
    static Driver driver;
    return driver;
}

// Tests run on several threads; one call of the driver at a time.
std::mutex mutex;
typedef std::lock_guard<std::mutex> Lock;

struct Kernel {
    const char* name;
    void (*body)(const void*);
};
const Kernel KERNELS[] = {
    {"prepare", host::call<Prepare, prepare>},
    {"image_pass", host::call<ImagePass, image_pass>},
    {"head_pass", host::call<HeadPass, head_pass>},
    {"linear_forward", host::call<LinearForward, linear_forward>},
    {"linear_input_gradient", host::call<LinearInputGradient, linear_input_gradient>},
    {"update", host::call<Update, update>},
    {"add_totals", host::call<AddTotals, add_totals>},
};

}  // namespace

EXPORT Status cuInit(unsigned) {
    const Lock lock(mutex);
    return driver().call("init");
}
EXPORT Status cuDeviceGetCount(int* count) {
    const Lock lock(mutex);
    return *count = 1, driver().call("count");
}
EXPORT Status cuDeviceGet(int* device, int ordinal) {
    const Lock lock(mutex);
    if (const Status status = driver().call("device")) return status;
    return *device = 0, ordinal == 0 ? SUCCESS : 101;
}
EXPORT Status cuDeviceGetName(char* name, int length, int) {
    const Lock lock(mutex);
    if (const Status status = driver().call("name")) return status;
    return snprintf(name, length, "stand-in"), SUCCESS;
}
// Every attribute: multiprocessors are the only one that is asked for.
EXPORT Status cuDeviceGetAttribute(int* value, int, int) {
    const Lock lock(mutex);
    return *value = 4, driver().call("property");
}
EXPORT Status cuDevicePrimaryCtxRetain(void** context, int) {
    const Lock lock(mutex);
    return *context = &driver(), driver().call("context");
}
EXPORT Status cuDevicePrimaryCtxRelease_v2(int) {
    const Lock lock(mutex);
    return driver().call("release");
}
EXPORT Status cuCtxSetCurrent(void*) {
    const Lock lock(mutex);
    return driver().call("current");
}
EXPORT Status cuGetErrorString(int error, const char** text) {
    return *text = error == LAUNCH_FAILED ? "unspecified launch failure" : "an error of the stand-in", SUCCESS;
}
EXPORT Status cuGetErrorName(int, const char** name) { return *name = "CUDA_ERROR", SUCCESS; }

EXPORT Status cuModuleLoadData(void** module, const void*) {
    const Lock lock(mutex);
    return *module = &driver(), driver().call("load");
}
EXPORT Status cuModuleUnload(void*) {
    const Lock lock(mutex);
    return driver().call("unload");
}
EXPORT Status cuModuleGetFunction(void** function, void*, const char* name) {
    const Lock lock(mutex);
    if (const Status status = driver().call("function")) return status;
    for (const Kernel& kernel : KERNELS)
        if (!strcmp(kernel.name, name)) return *function = (void*)&kernel, SUCCESS;
    return NOT_FOUND;
}

EXPORT Status cuFuncSetAttribute(void* function, int, int value) {
    const Lock lock(mutex);
    if (const Status status = driver().call("attribute")) return status;
    return driver().shared[((const Kernel*)function)->name] = value, SUCCESS;
}

EXPORT Status cuMemAlloc_v2(u64* pointer, size_t bytes) {
    const Lock lock(mutex);
    if (const Status status = driver().call("allocate")) return status;
    if (bytes > driver().limit - driver().used) return OUT_OF_MEMORY;
    char* memory = (char*)aligned_alloc(256, (bytes + 2 * GUARD + 255) & ~(size_t)255);
    if (!memory) return OUT_OF_MEMORY;
    memset(memory, GUARD_BYTE, bytes + 2 * GUARD);
    memset(memory + GUARD, 0xff, bytes);  // NaN, so that reading it uninitialised shows
    driver().used += bytes;
    driver().allocations[memory + GUARD] = bytes;
    return *pointer = (u64)(memory + GUARD), SUCCESS;
}
EXPORT Status cuMemFree_v2(u64 pointer) {
    const Lock lock(mutex);
    const auto found = driver().allocations.find((char*)pointer);
    if (found == driver().allocations.end()) return INVALID_VALUE;
    const unsigned char* memory = (unsigned char*)found->first;
    for (size_t i = 0; i < GUARD; i++)
        if (memory[i - GUARD] != GUARD_BYTE || memory[found->second + i] != GUARD_BYTE)
            fprintf(stderr, "a write past the end of device memory\n"), abort();
    driver().used -= found->second;
    driver().allocations.erase(found);
    free((void*)(memory - GUARD));
    return driver().call("free");
}
EXPORT Status cuMemGetInfo_v2(size_t* free, size_t* total) {
    const Lock lock(mutex);
    if (const Status status = driver().call("space")) return status;
    *total = driver().limit, *free = driver().limit - driver().used;
    return SUCCESS;
}
EXPORT Status cuMemcpyHtoD_v2(u64 to, const void* from, size_t bytes) {
    const Lock lock(mutex);
    if (const Status status = driver().call("upload")) return status;
    if (!driver().holds((void*)to, bytes)) return INVALID_VALUE;
    return memcpy((void*)to, from, bytes), SUCCESS;
}
EXPORT Status cuMemcpyDtoH_v2(void* to, u64 from, size_t bytes) {
    const Lock lock(mutex);
    if (const Status status = driver().call("download")) return status;
    if (!driver().holds((void*)from, bytes)) return INVALID_VALUE;
    return memcpy(to, (void*)from, bytes), SUCCESS;
}
EXPORT Status cuLaunchKernel(void* function, unsigned x, unsigned y, unsigned z, unsigned threads, unsigned ty, unsigned tz,
                             unsigned shared, void* stream, void** parameters, void**) {
    const Lock lock(mutex);
    if (const Status status = driver().call("launch")) return status;
    if (y != 1 || z != 1 || ty != 1 || tz != 1 || stream || !x) return INVALID_VALUE;
    const auto limit = driver().shared.find(((const Kernel*)function)->name);
    if (shared > (limit == driver().shared.end() ? 48u << 10 : limit->second)) return INVALID_VALUE;
    host::launch(((const Kernel*)function)->body, x, threads, shared, parameters[0]);
    return SUCCESS;
}

// What dfdx's operations need to be linked. They do not run on the stand-in.
#define ABSENT(function) \
    EXPORT Status function() { return 801; }
ABSENT(cuCtxGetCurrent) ABSENT(cuDestroyExternalMemory) ABSENT(cuDeviceTotalMem_v2) ABSENT(cuEventCreate)
ABSENT(cuEventDestroy_v2) ABSENT(cuEventElapsedTime) ABSENT(cuEventRecord) ABSENT(cuExternalMemoryGetMappedBuffer)
ABSENT(cuImportExternalMemory)
ABSENT(cuMemcpyHtoDAsync_v2) ABSENT(cuMemcpyDtoHAsync_v2) ABSENT(cuMemAllocAsync) ABSENT(cuMemFreeAsync) ABSENT(cuMemcpyDtoDAsync_v2)
ABSENT(cuMemcpyDtoD_v2) ABSENT(cuMemsetD8Async) ABSENT(cuMemsetD8_v2) ABSENT(cuModuleLoad)
ABSENT(cuOccupancyAvailableDynamicSMemPerBlock) ABSENT(cuOccupancyMaxActiveBlocksPerMultiprocessor)
ABSENT(cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags) ABSENT(cuOccupancyMaxActiveClusters)
ABSENT(cuOccupancyMaxPotentialBlockSize) ABSENT(cuOccupancyMaxPotentialBlockSizeWithFlags)
ABSENT(cuOccupancyMaxPotentialClusterSize) ABSENT(cuProfilerStart) ABSENT(cuProfilerStop) ABSENT(cuStreamCreate)
ABSENT(cuStreamDestroy_v2) ABSENT(cuStreamSynchronize) ABSENT(cuStreamWaitEvent) ABSENT(cublasCreate_v2)
ABSENT(cublasDestroy_v2) ABSENT(cublasDgemmStridedBatched) ABSENT(cublasDgemm_v2) ABSENT(cublasDgemv_v2)
ABSENT(cublasGemmEx) ABSENT(cublasGemmStridedBatchedEx) ABSENT(cublasSetStream_v2) ABSENT(cublasSgemmStridedBatched)
ABSENT(cublasSgemm_v2) ABSENT(cublasSgemv_v2) ABSENT(nvrtcCompileProgram) ABSENT(nvrtcCreateProgram)
ABSENT(nvrtcDestroyProgram) ABSENT(nvrtcGetPTX) ABSENT(nvrtcGetPTXSize) ABSENT(nvrtcGetProgramLog)
ABSENT(nvrtcGetProgramLogSize)
