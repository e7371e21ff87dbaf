// Parameters of the kernels in kernels.cu. Every kernel takes one of these structs by value, so that a launch needs one
// pointer and a CUDA graph holds no pointer to host memory. All sizes are run-time values.
//
// Vocabulary
//   image      one item of a batch; B of them make a batch
//   parameter  a weight or a bias; all of them lie in one flat vector in PyTorch's order (conv1.weight, conv1.bias, …)
//   activation the output of a layer, after ReLU and dropout
//   slope      the gradient of the loss with respect to the output of a convolution or a matrix product, that is, before
//              ReLU, dropout and pooling
//   place      a position in the map that a convolutional block outputs (after pooling)
//   slab       one block's contribution to the gradient of the parameters of all convolutions
#pragma once

typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;

enum { MAX_CONVS = 4, MAX_LINEARS = 4, MAX_MASKS = 8 };

// Position of the run, in device memory. `step` counts the steps of the run, `batch` those of the current epoch; both
// count steps whose loss has been computed. So the kernels after the loss work for step `step - 1` and prepare step `step`.
// No kernel both reads and writes the same field, since its blocks run in any order:
//   step, batch  written by the pass with the loss, read by `prepare` and `update`
//   half         written by `prepare` and `update`, read by the passes
struct State {
    u64 step;
    u32 batch;
    u32 half;  // half of the buffer of images that holds the next batch
};

// Settings of one step; a table in device memory holds one for each step of an epoch. Computed by the host in double
// precision and rounded, exactly as in src/train/optimizer.rs:
//   SGD    rate = learning rate
//   AdamW  rate = learning rate / (1 - beta1^t), decay = 1 - learning rate * weight decay, correction = sqrt(1 - beta2^t),
//          where t is the number of the step from 1
struct StepSettings {
    float rate;
    float decay;
    float correction;
    float unused;
};

// Results of one step, in a ring in device memory.
struct StepTotals {
    double loss;  // sum of the cross-entropies of the batch, in nats
    u32 correct;
    u32 images;
};

// A dropout mask: one byte per value or channel, `[image][value]`, 1 if it is kept.
struct Mask {
    u8* flags;
    int values;  // per image
    int layer;   // index of the dropout layer in its network, which selects the random stream
    float rate;  // probability that a value is dropped
};

// Draws the masks and gathers the images of step `state->step`, which is batch `state->batch` of `order`.
struct Prepare {
    State* state;
    const u8* pixels;    // data set [image][value]
    const u8* labels;    // [image]
    const u32* order;    // image of the data set for each position of the epoch; null: in order
    int order_length;
    int batch_size;      // images per whole batch
    int image_values;
    const float* levels; // network input for each of the 256 pixel values
    float* images;       // batch [image][value], `halves` times
    int halves;          // 2 if `update` reads images of a step while it gathers those of the next one, otherwise 1
    u8* batch_labels;
    u32 key[8];          // ChaCha key, from the seed
    int masks;
    Mask mask[MAX_MASKS];
};

// A convolutional block: convolution (stride 1, no padding), channel dropout, max-pooling (2 x 2 or none), ReLU.
// Fields called `at_*` are places in shared memory, in floats from its start.
struct Conv {
    int channels, height, width;  // of the input
    int outputs, kernel, pool;
    int out_height, out_width;    // after pooling
    int weight, bias;             // indices in the parameters; weights are [output][channel][row][column]
    const u8* mask;               // flags [image][output], or null
    float kept;                   // factor of channels that are kept: 1 / (1 - rate)

    int at_input, input_row, input_plane;     // activation [channel][row][column], with strides
    int at_output, output_row, output_plane;  // likewise
    int at_winners;                // u8 [output][place]: member of the pooling window with the largest value
    int at_slopes;                 // float [output][place]
    int at_kept;                   // int [1 + outputs]: number of kept channels, their indices, those of dropped ones
    int at_weights;                // staged weights
    int chunk;                     // number of outputs whose weights are staged at a time, a multiple of 4
    int at_taps;                   // int [channels * kernel * kernel]: offset of each tap in the input
    int at_frame;                  // int [channels * side * side]: see `build_tables`
    int at_output_lists, at_output_counts;  // backward, for the gradient of the weights
    int at_place_lists, at_place_counts;    // backward, for the gradient of the input
    int at_frames, frame_channels;          // backward: frames of this many channels at a time
    int at_parts, list_parts;               // backward: sums of the weights' gradients over parts of the lists
    int input_gradient;            // whether the gradient of the input is needed

    float* stored_output;          // global [image][output][place], if the backward pass is another launch
    u8* stored_winners;            // likewise
};

// A linear layer: product, bias, optional ReLU, optional dropout.
struct Linear {
    int inputs, outputs;
    int weight, bias;     // indices in the parameters; weights are [output][input]
    int relu;
    const u8* mask;       // flags [image][output], or null
    float kept;           // factor of values that are kept
    float* stored_input;  // global [image][input], for the gradient of the weights; null if it is already there
    float* stored_slope;  // global [image][output]
    int at_input;         // float [item][input_stride]
    int at_slopes;        // float [item][slope_stride]
    int input_stride, slope_stride;
};

// What backward passes need to know about the layer below: how a gradient of its activation becomes a slope.
struct Below {
    int relu;
    const u8* mask;  // consulted only without ReLU: with it, a dropped value is not positive
    float kept;
};

// Softmax and cross-entropy.
struct Loss {
    const u8* labels;  // of the batch
    float scale;       // factor of the gradient: 1 / images
    float* losses;     // [image], in nats
    u8* correct;       // [image], 0 or 1
    float* logits;     // [image][class], or null
    State* state;      // advanced by one step; null in evaluation
    int at_labels;     // int [item], in shared memory
};

// One block per image: convolutional blocks, then linear layers and the loss (if `linears` is not 0), then the backward
// pass. With few images per block everything stays in shared memory.
struct ImagePass {
    const float* parameters;
    const float* images;        // input of the first layer [image][value]
    int count;                  // images
    int convs, linears;
    Conv conv[MAX_CONVS];
    Linear linear[MAX_LINEARS];
    int forward;                // 0: load stored activations instead
    int backward;
    const float* output_slope;  // slopes of the last convolution [image][output][place] if the loss is elsewhere
    float* input_slope;         // slopes of the layer before the first one, or null if there is none
    Below below;                // that layer
    Loss loss;
    float* slabs;               // [block][slab_stride]: gradients of the first `slab_stride` parameters
    int slab_stride;
    int at_logits;
    int at_scratch;             // blockDim.x floats
};

// One block per `tile` images: linear layers and the loss, then the backward pass.
struct HeadPass {
    const float* parameters;
    const float* inputs;        // [image][input]
    const State* halves;        // not null: inputs are images, in the half that it names
    int half_stride;            // values per half
    int count;
    int tile;                   // 1, 2, 4 or 8
    int linears;
    Linear linear[MAX_LINEARS];
    int backward;
    float* input_slope;         // [image][input] or null
    Below below;
    Loss loss;
    int at_logits;
    int at_scratch;             // tile * blockDim.x floats
};

// A linear layer as a matrix product, for layers that are too large for a pass.
struct LinearForward {
    const float* parameters;
    const float* inputs;  // [image][input]
    const State* halves;  // not null: inputs are images, in the half that it names
    int half_stride;      // values per half
    float* outputs_to;    // [image][output]
    int count;
    int inputs_length, outputs;
    int weight, bias;
    int relu;
    const u8* mask;
    float kept;
    int tile;             // 16 or 32: side of a block's tile of the result
    int column_blocks;
};

// Slopes of the layer below from those of a linear layer, as a matrix product.
struct LinearInputGradient {
    const float* parameters;
    const float* slopes;  // [image][output]
    const float* inputs;  // [image][input]: activation of the layer below
    float* input_slope;   // [image][input]
    int count;
    int inputs_length, outputs;
    int weight;
    Below below;
    int tile;
    int column_blocks;
};

enum OptimizerKind { SGD = 0, ADAMW = 1 };

struct Optimizer {
    int kind;
    float momentum;               // SGD
    float old1, new1, old2, new2; // AdamW: beta1, 1 - beta1, beta2, 1 - beta2
    float epsilon;
    float* parameters;
    float* first;                 // velocity or moving average of the gradient
    float* second;                // moving average of the squared gradient
    float* gradients;             // written if not null
    const StepSettings* settings; // one for each batch of the epoch
};

// Gradient of the weights and biases of a linear layer: a product over the images of the batch.
struct WeightProduct {
    const float* slopes;  // [image][output]
    const float* inputs;  // [image][input]
    int half_stride;      // values per half if inputs are images in halves, otherwise 0
    int outputs, inputs_length;
    int weight, bias;
    int tile;             // 16 or 32
    int column_blocks;    // tiles over `inputs_length + 1` columns, the last of which is the bias
    int blocks;
};

// Everything that ends a step. Blocks have different roles, in this order: products, slabs, totals, preparation.
struct Update {
    State* state;
    Optimizer optimizer;
    int count;             // images of this batch
    int products;
    WeightProduct product[MAX_LINEARS];
    const float* slabs;
    int slab_stride, slab_count;
    int slab_blocks;       // 32 parameters each
    const float* losses;
    const u8* correct;
    StepTotals* ring;
    int ring_length;
    int prepare_blocks;
    Prepare prepare;
};

// Adds up the losses of an evaluated batch: `totals += …`.
struct AddTotals {
    const float* losses;
    const u8* correct;
    int count;
    StepTotals* totals;
    State* state;  // advanced by one batch
};

// The declarations of src/nn/cuda/parameters.rs have the same sizes.
static_assert(sizeof(State) == 16 && sizeof(StepSettings) == 16 && sizeof(StepTotals) == 16 && sizeof(Mask) == 24 &&
                  sizeof(Prepare) == 312 && sizeof(Conv) == 160 && sizeof(Linear) == 72 && sizeof(Below) == 24 &&
                  sizeof(Loss) == 56 && sizeof(ImagePass) == 1088 && sizeof(HeadPass) == 432 &&
                  sizeof(LinearForward) == 88 && sizeof(LinearInputGradient) == 80 && sizeof(Optimizer) == 72 &&
                  sizeof(WeightProduct) == 48 && sizeof(Update) == 648 && sizeof(AddTotals) == 40,
              "the sizes of parameters");
