// The image encoder of CLIP: a vision transformer with class token, learned positions and a norm before the blocks,
// pre-norm blocks, a norm after them on the class token, a projection, and the L2 norm. Shapes in comments: B images,
// N = (size / patch)^2 + 1 tokens, d width, h heads, m width of the MLP, D numbers of an embedding.
#pragma once
#include <vector>

namespace accent {

enum class Activation { kQuickGelu, kGelu };

struct Config {
  int size = 0, patch = 0, width = 0, layers = 0, heads = 0, mlp = 0;
  int dims = 0;          // D; equal to width where there is no projection
  bool project = false;
  Activation act = Activation::kQuickGelu;
  float eps = 1e-5f;
  float mean[3] = {0, 0, 0}, std[3] = {1, 1, 1};  // the encoder sees (pixel - mean) / std

  int grid() const { return size / patch; }
  int tokens() const { return grid() * grid() + 1; }
  int patch_numbers() const { return 3 * patch * patch; }
};

// One block's weights, f32, rows of a matrix are outputs.
struct LayerWeights {
  std::vector<float> ln1_w, ln1_b, ln2_w, ln2_b;  // [d]
  std::vector<float> wq, wk, wv, wo;              // [d, d]
  std::vector<float> bq, bk, bv, bo;              // [d]
  std::vector<float> w1, b1;                      // [m, d], [m]
  std::vector<float> w2, b2;                      // [d, m], [d]
};

// What is not in a block.
struct OuterWeights {
  std::vector<float> class_embedding;         // [d]
  std::vector<float> patch;                   // [d, 3, patch, patch]
  std::vector<float> positions;               // [N, d]
  std::vector<float> pre_w, pre_b;            // [d]
  std::vector<float> post_w, post_b;          // [d]
  std::vector<float> projection;              // [D, d], empty without projection
};

struct Weights {
  Config config;
  OuterWeights outer;
  std::vector<LayerWeights> layers;
};

// The executable specification (vit_ref.cc), one image at a time, T = float or double.
// image [3, size, size] as the encoder sees it (already normalised); embedding [D].
template <class T>
void reference_embed(const Weights& w, const T* image, T* embedding);
// cotangents [C, D] to gradients [C, 3, size, size]: row c is d(embedding . cotangent_c) / d(image).
template <class T>
void reference_vjp(const Weights& w, const T* image, int count, const T* cotangents, T* embedding, T* gradients);

}  // namespace accent
