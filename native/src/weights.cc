#include "weights.h"

#include <cmath>
#include <cstdlib>

namespace accent {
namespace {

// Far above any published encoder; keeps every product of two of them inside an int.
constexpr uint64_t kMaxSide = 1 << 14;

bool ends_with(const std::string& s, const std::string& end) {
  return s.size() >= end.size() && s.compare(s.size() - end.size(), end.size(), end) == 0;
}

std::string shape_text(const std::vector<uint64_t>& shape) {
  std::string s = "[";
  for (size_t i = 0; i < shape.size(); ++i) s += (i ? ", " : "") + std::to_string(shape[i]);
  return s + "]";
}

// "0.5" or "[0.48, 0.45, 0.4]" as three numbers.
bool parse_triple(const std::string& text, float out[3]) {
  const char* p = text.c_str();
  int n = 0;
  while (*p && n < 4) {
    if (*p == '[' || *p == ']' || *p == ',' || *p == ' ') {
      ++p;
      continue;
    }
    char* end = nullptr;
    const float v = std::strtof(p, &end);
    if (end == p || !std::isfinite(v)) return false;
    if (n < 3) out[n] = v;
    ++n;
    p = end;
  }
  if (n == 1) out[1] = out[2] = out[0];
  return n == 1 || n == 3;
}

}  // namespace

Failure WeightFile::open(std::unique_ptr<Source> source, const Overrides& overrides, std::unique_ptr<WeightFile>* out) {
  auto file = std::make_unique<WeightFile>();
  file->source_ = std::move(source);
  if (Failure f = read_header(*file->source_, &file->file_)) return f;
  if (Failure f = file->inspect(overrides)) return f;
  *out = std::move(file);
  return {};
}

Failure WeightFile::expect(const std::string& name, const std::vector<uint64_t>& shape) const {
  const auto found = file_.tensors.find(name);
  if (found == file_.tensors.end()) return fail("bad_tensor", "The weights lack the tensor \"" + name + "\".");
  const TensorInfo& t = found->second;
  if (t.dtype == Dtype::kOther)
    return fail("bad_tensor", "Tensor \"" + name + "\" is stored as " + t.dtype_name + "; expected F32, F16 or BF16.");
  if (t.shape != shape)
    return fail("bad_tensor",
                "Tensor \"" + name + "\" has the shape " + shape_text(t.shape) + "; expected " + shape_text(shape) + ".");
  return {};
}

Failure WeightFile::inspect(const Overrides& overrides) {
  Config& c = config_;
  // The class token's name tells the naming and the prefix; a text tower has none.
  const std::string hf = "embeddings.class_embedding", oc = "class_embedding";
  std::string found;
  for (const auto& [name, t] : file_.tensors)
    if (ends_with(name, hf)) found = name;
  if (!found.empty()) {
    prefix_ = found.substr(0, found.size() - hf.size());
  } else {
    for (const char* prefix : {"visual.", "module.visual.", ""})
      if (file_.tensors.count(prefix + oc)) {
        found = prefix + oc;
        prefix_ = prefix;
        open_clip_ = true;
        break;
      }
  }
  if (found.empty())
    return fail("bad_tensor",
                "The weights hold no CLIP image encoder: expected a tensor named vision_model.embeddings.class_embedding "
                "(Hugging Face) or visual.class_embedding (OpenCLIP).");

  const auto shape_of = [&](const std::string& name) -> const std::vector<uint64_t>* {
    const auto t = file_.tensors.find(name);
    return t == file_.tensors.end() ? nullptr : &t->second.shape;
  };
  const std::string patch_name = prefix_ + (open_clip_ ? "conv1.weight" : "embeddings.patch_embedding.weight");
  const std::string position_name =
      prefix_ + (open_clip_ ? "positional_embedding" : "embeddings.position_embedding.weight");
  const auto* patch = shape_of(patch_name);
  const auto* positions = shape_of(position_name);
  if (!patch) return fail("bad_tensor", "The weights lack the tensor \"" + patch_name + "\".");
  if (!positions) return fail("bad_tensor", "The weights lack the tensor \"" + position_name + "\".");
  if (patch->size() != 4 || (*patch)[1] != 3 || (*patch)[2] != (*patch)[3] || (*patch)[2] == 0 || (*patch)[0] == 0 ||
      (*patch)[0] > kMaxSide || (*patch)[2] > 256)
    return fail("bad_tensor", "Tensor \"" + patch_name + "\" has the shape " + shape_text(*patch) +
                                  "; expected [width, 3, patch, patch] with square patches of at most 256.");
  c.width = (int)(*patch)[0];
  c.patch = (int)(*patch)[2];
  const uint64_t d = (*patch)[0];
  const uint64_t tokens = positions->empty() ? 0 : (*positions)[0];
  const uint64_t grid = tokens > 1 && tokens <= kMaxSide ? (uint64_t)std::lround(std::sqrt((double)(tokens - 1))) : 0;
  if (positions->size() != 2 || (*positions)[1] != d || grid == 0 || grid * grid + 1 != tokens)
    return fail("bad_tensor", "Tensor \"" + position_name + "\" has the shape " + shape_text(*positions) +
                                  "; expected [grid^2 + 1, " + std::to_string(d) + "].");
  c.size = (int)grid * c.patch;

  while (file_.tensors.count(layer_name(c.layers, "layer_norm1.weight", "ln_1.weight"))) ++c.layers;
  if (c.layers == 0) return fail("bad_tensor", "The weights hold no transformer blocks under \"" + prefix_ + "\".");
  const std::string fc1 = layer_name(0, "mlp.fc1.weight", "mlp.c_fc.weight");
  const auto* mlp = shape_of(fc1);
  if (!mlp) return fail("bad_tensor", "The weights lack the tensor \"" + fc1 + "\".");
  if (mlp->size() != 2 || (*mlp)[0] == 0 || (*mlp)[0] > 4 * kMaxSide)
    return fail("bad_tensor", "Tensor \"" + fc1 + "\" has the shape " + shape_text(*mlp) + "; expected [mlp, width].");
  c.mlp = (int)(*mlp)[0];
  const uint64_t m = (*mlp)[0];

  // Every shape, before anything is read.
  std::vector<std::pair<std::string, std::vector<uint64_t>>> want;
  const auto pair = [&](const std::string& name, uint64_t n) {
    want.push_back({name + ".weight", {n}});
    want.push_back({name + ".bias", {n}});
  };
  const auto linear = [&](const std::string& name, uint64_t out, uint64_t in) {
    want.push_back({name + ".weight", {out, in}});
    want.push_back({name + ".bias", {out}});
  };
  want.push_back({found, {d}});
  want.push_back({patch_name, *patch});
  want.push_back({position_name, *positions});
  pair(prefix_ + (open_clip_ ? "ln_pre" : "pre_layrnorm"), d);
  pair(prefix_ + (open_clip_ ? "ln_post" : "post_layernorm"), d);
  for (int i = 0; i < c.layers; ++i) {
    pair(layer_name(i, "layer_norm1", "ln_1"), d);
    pair(layer_name(i, "layer_norm2", "ln_2"), d);
    linear(layer_name(i, "mlp.fc1", "mlp.c_fc"), m, d);
    linear(layer_name(i, "mlp.fc2", "mlp.c_proj"), d, m);
    linear(layer_name(i, "self_attn.out_proj", "attn.out_proj"), d, d);
    if (open_clip_) {
      want.push_back({layer_name(i, "", "attn.in_proj_weight"), {3 * d, d}});
      want.push_back({layer_name(i, "", "attn.in_proj_bias"), {3 * d}});
    } else {
      for (const char* name : {"self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"})
        linear(layer_name(i, name, ""), d, d);
    }
  }
  for (const auto& [name, shape] : want)
    if (Failure f = expect(name, shape)) return f;

  c.dims = c.width;
  if (open_clip_) {
    projection_ = file_.tensors.count(prefix_ + "proj") ? prefix_ + "proj" : "";
  } else {
    // Beside the vision tower: "vision_model." -> "visual_projection.weight".
    const std::string vision = "vision_model.";
    const std::string outer =
        ends_with(prefix_, vision) ? prefix_.substr(0, prefix_.size() - vision.size()) : prefix_;
    const std::string name = outer + "visual_projection.weight";
    projection_ = file_.tensors.count(name) ? name : "";
  }
  if (!projection_.empty()) {
    const auto& shape = *shape_of(projection_);
    const size_t out = open_clip_ ? 1 : 0;
    if (shape.size() != 2 || shape[1 - out] != d || shape[out] == 0 || shape[out] > kMaxSide)
      return fail("bad_tensor", "Tensor \"" + projection_ + "\" has the shape " + shape_text(shape) + "; expected " +
                                    (open_clip_ ? "[width, dims]." : "[dims, width]."));
    if (Failure f = expect(projection_, shape)) return f;
    c.project = true;
    c.dims = (int)shape[out];
  }

  const auto meta = [&](const char* key) -> const std::string* {
    const auto m2 = file_.metadata.find(key);
    return m2 == file_.metadata.end() ? nullptr : &m2->second;
  };
  const auto number = [&](const char* key, long lo, long hi, long* out) -> Failure {
    const std::string* text = meta(key);
    if (!text) return {};
    char* end = nullptr;
    const long v = std::strtol(text->c_str(), &end, 10);
    if (text->empty() || *end || v < lo || v > hi)
      return fail("bad_header", std::string("Metadata ") + key + " is \"" + text->substr(0, 40) + "\"; expected a whole number.");
    *out = v;
    return {};
  };

  long heads = 0, size = c.size, patch_meta = c.patch;
  if (Failure f = number("num_attention_heads", 1, 1024, &heads)) return f;
  if (Failure f = number("image_size", 1, 1 << 20, &size)) return f;
  if (Failure f = number("patch_size", 1, 1 << 20, &patch_meta)) return f;
  if (size != c.size || patch_meta != c.patch)
    return fail("bad_header", "The metadata says image size " + std::to_string(size) + " and patch " + std::to_string(patch_meta) +
                                  ", the tensors say " + std::to_string(c.size) + " and " + std::to_string(c.patch) + ".");
  // CLIP's own rule where nothing is said: heads of 64.
  c.heads = overrides.heads ? *overrides.heads : heads ? (int)heads : c.width % 64 == 0 ? c.width / 64 : 0;
  if (c.heads <= 0 || c.width % c.heads != 0)
    return fail("invalid_input", "The width " + std::to_string(c.width) + " cannot be cut into " + std::to_string(c.heads) +
                                     " heads; pass `heads`.");

  if (overrides.act) {
    c.act = *overrides.act;
  } else if (const std::string* act = meta("hidden_act")) {
    if (*act == "quick_gelu") {
      c.act = Activation::kQuickGelu;
    } else if (*act == "gelu") {
      c.act = Activation::kGelu;
    } else {
      return fail("not_supported", "The activation \"" + act->substr(0, 40) + "\" is not supported; expected gelu or quick_gelu.");
    }
  } else {
    return fail("invalid_input",
                "The weights do not say which activation they were trained with. Pass `hiddenAct`: \"quick_gelu\" for "
                "OpenAI's weights, \"gelu\" for most of OpenCLIP's (config.json has it as hidden_act).");
  }

  if (overrides.eps) {
    c.eps = *overrides.eps;
  } else if (const std::string* eps = meta("layer_norm_eps")) {
    char* end = nullptr;
    c.eps = std::strtof(eps->c_str(), &end);
    if (eps->empty() || *end || !(c.eps > 0) || !(c.eps < 1))
      return fail("bad_header", "Metadata layer_norm_eps is \"" + eps->substr(0, 40) + "\"; expected a number in (0, 1).");
  }
  if (const std::string* mean = meta("image_mean"); mean && !parse_triple(*mean, c.mean))
    return fail("bad_header", "Metadata image_mean is \"" + mean->substr(0, 40) + "\"; expected three numbers.");
  if (const std::string* std = meta("image_std"); std && !parse_triple(*std, c.std))
    return fail("bad_header", "Metadata image_std is \"" + std->substr(0, 40) + "\"; expected three numbers.");
  for (int i = 0; i < 3; ++i) {
    if (overrides.mean) c.mean[i] = (*overrides.mean)[(size_t)i];
    if (overrides.std) c.std[i] = (*overrides.std)[(size_t)i];
    if (!(c.std[i] > 0) || !std::isfinite(c.std[i]) || !std::isfinite(c.mean[i]))
      return fail("invalid_input", "The mean must be finite and the standard deviation above 0 for every channel.");
  }
  return {};
}

std::string WeightFile::layer_name(int index, const char* hugging_face, const char* open_clip) const {
  return prefix_ + (open_clip_ ? "transformer.resblocks." : "encoder.layers.") + std::to_string(index) + "." +
         (open_clip_ ? open_clip : hugging_face);
}

Failure WeightFile::read(const std::string& name, std::vector<float>* out) {
  return read_f32(*source_, file_, name, out);
}

Failure WeightFile::outer(OuterWeights* o) {
  const bool oc = open_clip_;
  const std::pair<std::string, std::vector<float>*> all[] = {
      {oc ? "class_embedding" : "embeddings.class_embedding", &o->class_embedding},
      {oc ? "conv1.weight" : "embeddings.patch_embedding.weight", &o->patch},
      {oc ? "positional_embedding" : "embeddings.position_embedding.weight", &o->positions},
      {oc ? "ln_pre.weight" : "pre_layrnorm.weight", &o->pre_w},
      {oc ? "ln_pre.bias" : "pre_layrnorm.bias", &o->pre_b},
      {oc ? "ln_post.weight" : "post_layernorm.weight", &o->post_w},
      {oc ? "ln_post.bias" : "post_layernorm.bias", &o->post_b},
  };
  for (const auto& [name, to] : all)
    if (Failure f = read(prefix_ + name, to)) return f;
  o->projection.clear();
  if (projection_.empty()) return {};
  if (Failure f = read(projection_, &o->projection)) return f;
  if (oc) {
    // OpenCLIP keeps [width, dims]; a linear layer has outputs in rows.
    std::vector<float> turned(o->projection.size());
    for (int i = 0; i < config_.width; ++i)
      for (int j = 0; j < config_.dims; ++j)
        turned[(size_t)j * config_.width + i] = o->projection[(size_t)i * config_.dims + j];
    o->projection.swap(turned);
  }
  return {};
}

Failure WeightFile::layer(int i, LayerWeights* l) {
  struct Item {
    const char *hf, *oc;
    std::vector<float>* to;
  };
  const Item all[] = {
      {"layer_norm1.weight", "ln_1.weight", &l->ln1_w},
      {"layer_norm1.bias", "ln_1.bias", &l->ln1_b},
      {"layer_norm2.weight", "ln_2.weight", &l->ln2_w},
      {"layer_norm2.bias", "ln_2.bias", &l->ln2_b},
      {"self_attn.out_proj.weight", "attn.out_proj.weight", &l->wo},
      {"self_attn.out_proj.bias", "attn.out_proj.bias", &l->bo},
      {"mlp.fc1.weight", "mlp.c_fc.weight", &l->w1},
      {"mlp.fc1.bias", "mlp.c_fc.bias", &l->b1},
      {"mlp.fc2.weight", "mlp.c_proj.weight", &l->w2},
      {"mlp.fc2.bias", "mlp.c_proj.bias", &l->b2},
  };
  for (const Item& item : all)
    if (Failure f = read(layer_name(i, item.hf, item.oc), item.to)) return f;
  if (!open_clip_) {
    const std::pair<const char*, std::vector<float>*> parts[] = {
        {"self_attn.q_proj.weight", &l->wq}, {"self_attn.q_proj.bias", &l->bq},
        {"self_attn.k_proj.weight", &l->wk}, {"self_attn.k_proj.bias", &l->bk},
        {"self_attn.v_proj.weight", &l->wv}, {"self_attn.v_proj.bias", &l->bv},
    };
    for (const auto& [name, to] : parts)
      if (Failure f = read(layer_name(i, name, ""), to)) return f;
    return {};
  }
  std::vector<float> w, b;
  if (Failure f = read(layer_name(i, "", "attn.in_proj_weight"), &w)) return f;
  if (Failure f = read(layer_name(i, "", "attn.in_proj_bias"), &b)) return f;
  const ptrdiff_t d = config_.width;
  std::vector<float>* ws[] = {&l->wq, &l->wk, &l->wv};
  std::vector<float>* bs[] = {&l->bq, &l->bk, &l->bv};
  for (ptrdiff_t j = 0; j < 3; ++j) {
    ws[j]->assign(w.begin() + j * d * d, w.begin() + (j + 1) * d * d);
    bs[j]->assign(b.begin() + j * d, b.begin() + (j + 1) * d);
  }
  return {};
}

}  // namespace accent
