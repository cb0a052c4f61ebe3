#include "models.h"

#include <cmath>
#include <cstring>
#include <string>

namespace accent {

Weights random_weights(const Config& c, uint64_t seed) {
  Random r{seed};
  const size_t d = (size_t)c.width, m = (size_t)c.mlp;
  const double s = 1.5 / std::sqrt((double)d);
  Weights w;
  w.config = c;
  w.outer = {r.floats(d, 1), r.floats(d * (size_t)c.patch_numbers(), 2 / std::sqrt((double)c.patch_numbers())),
             r.floats((size_t)c.tokens() * d, 0.5), r.floats(d, 0.25, 1), r.floats(d, 0.1), r.floats(d, 0.25, 1),
             r.floats(d, 0.1), c.project ? r.floats((size_t)c.dims * d, s) : std::vector<float>()};
  for (int i = 0; i < c.layers; ++i) {
    LayerWeights l;
    l.ln1_w = r.floats(d, 0.25, 1), l.ln1_b = r.floats(d, 0.1), l.ln2_w = r.floats(d, 0.25, 1), l.ln2_b = r.floats(d, 0.1);
    for (auto* p : {&l.wq, &l.wk, &l.wv, &l.wo}) *p = r.floats(d * d, s);
    for (auto* p : {&l.bq, &l.bk, &l.bv, &l.bo, &l.b2}) *p = r.floats(d, 0.1);
    l.w1 = r.floats(m * d, s), l.b1 = r.floats(m, 0.1), l.w2 = r.floats(d * m, 1.5 / std::sqrt((double)m));
    w.layers.push_back(std::move(l));
  }
  return w;
}

std::unique_ptr<Source> as_file(const Weights& w) {
  std::string header = "{\"__metadata__\":{\"hidden_act\":\"";
  header += w.config.act == Activation::kGelu ? "gelu" : "quick_gelu";
  header += "\",\"num_attention_heads\":\"" + std::to_string(w.config.heads) + "\"}";
  std::vector<uint8_t> data;
  const auto put = [&](const std::string& name, std::vector<int> shape, const std::vector<float>& v) {
    header += ",\"" + name + "\":{\"dtype\":\"F32\",\"shape\":[";
    for (size_t i = 0; i < shape.size(); ++i) header += (i ? "," : "") + std::to_string(shape[i]);
    header += "],\"data_offsets\":[" + std::to_string(data.size()) + ",";
    const uint8_t* p = reinterpret_cast<const uint8_t*>(v.data());
    data.insert(data.end(), p, p + v.size() * 4);
    header += std::to_string(data.size()) + "]}";
  };
  const Config& c = w.config;
  const int d = c.width, m = c.mlp;
  const std::string v = "vision_model.";
  put(v + "embeddings.class_embedding", {d}, w.outer.class_embedding);
  put(v + "embeddings.patch_embedding.weight", {d, 3, c.patch, c.patch}, w.outer.patch);
  put(v + "embeddings.position_embedding.weight", {c.tokens(), d}, w.outer.positions);
  put(v + "pre_layrnorm.weight", {d}, w.outer.pre_w), put(v + "pre_layrnorm.bias", {d}, w.outer.pre_b);
  put(v + "post_layernorm.weight", {d}, w.outer.post_w), put(v + "post_layernorm.bias", {d}, w.outer.post_b);
  if (c.project) put("visual_projection.weight", {c.dims, d}, w.outer.projection);
  for (int i = 0; i < c.layers; ++i) {
    const LayerWeights& l = w.layers[(size_t)i];
    const std::string b = v + "encoder.layers." + std::to_string(i) + ".";
    put(b + "layer_norm1.weight", {d}, l.ln1_w), put(b + "layer_norm1.bias", {d}, l.ln1_b);
    put(b + "layer_norm2.weight", {d}, l.ln2_w), put(b + "layer_norm2.bias", {d}, l.ln2_b);
    put(b + "self_attn.q_proj.weight", {d, d}, l.wq), put(b + "self_attn.q_proj.bias", {d}, l.bq);
    put(b + "self_attn.k_proj.weight", {d, d}, l.wk), put(b + "self_attn.k_proj.bias", {d}, l.bk);
    put(b + "self_attn.v_proj.weight", {d, d}, l.wv), put(b + "self_attn.v_proj.bias", {d}, l.bv);
    put(b + "self_attn.out_proj.weight", {d, d}, l.wo), put(b + "self_attn.out_proj.bias", {d}, l.bo);
    put(b + "mlp.fc1.weight", {m, d}, l.w1), put(b + "mlp.fc1.bias", {m}, l.b1);
    put(b + "mlp.fc2.weight", {d, m}, l.w2), put(b + "mlp.fc2.bias", {d}, l.b2);
  }
  header += "}";
  std::vector<uint8_t> bytes(8 + header.size());
  const uint64_t n = header.size();
  std::memcpy(bytes.data(), &n, 8);
  std::memcpy(bytes.data() + 8, header.data(), header.size());
  bytes.insert(bytes.end(), data.begin(), data.end());
  return memory_source(std::move(bytes));
}

}  // namespace accent
