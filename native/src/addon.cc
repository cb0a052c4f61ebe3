// The boundary to JavaScript, with scan_addon.cc the only file that sees Node-API: arguments are read as plain numbers,
// checked by arguments.cc and copied into a struct, a worker runs the kernel on it without touching JavaScript, and the results are
// copied out. Objects are tagged, so that a method on a foreign `this` is an error. Images are copied in
// (megabytes beside gigaflops), so a buffer that is detached or changed during a call can harm nobody.
// The public face, with its names and documentation, is kernel.ts; nothing else calls this module.
#include "addon.h"

#include <cmath>

#include "arguments.h"
#include "cpu.h"
#include "measure.h"

namespace accent {
namespace {

using Cancelled = std::shared_ptr<std::atomic<bool>>;

constexpr napi_type_tag kTokenTag = {0x6b1f0c5de9a84f27, 0x9d3c21f7a0564be8};
constexpr napi_type_tag kEncoderTag = {0x51d8a7c40b2e4936, 0x8ef4630d1bc972a5};

// A flag that JavaScript raises and the kernel looks at between layers.
class Token : public Napi::ObjectWrap<Token> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "Token", {InstanceMethod<&Token::cancel>("cancel")});
  }
  explicit Token(const Napi::CallbackInfo& info) : Napi::ObjectWrap<Token>(info) {
    info.This().As<Napi::Object>().TypeTag(&kTokenTag);
  }
  Napi::Value cancel(const Napi::CallbackInfo& info) {
    if (Token* token = unwrap<Token>(info.This(), kTokenTag)) *token->flag = true;
    return info.Env().Undefined();
  }
  Cancelled flag = std::make_shared<std::atomic<bool>>(false);
};

Napi::Float32Array to_js(Napi::Env env, const std::vector<float>& v) {
  Napi::Float32Array out = Napi::Float32Array::New(env, v.size());
  if (!v.empty() && out.ElementLength() == v.size()) std::memcpy(out.Data(), v.data(), v.size() * sizeof(float));
  return out;
}

bool is_floats(const Napi::Value& v) {
  return v.IsTypedArray() && v.As<Napi::TypedArray>().TypedArrayType() == napi_float32_array;
}

// Of a Float32Array; 0 where its buffer is detached.
size_t length(const Napi::Value& v) { return v.As<Napi::TypedArray>().ElementLength(); }

// No C++ exception may pass through JavaScript's frames.
Failure copy(const Napi::Value& v, std::vector<float>* out) {
  const Napi::Float32Array a = v.As<Napi::Float32Array>();
  try {
    out->assign(a.Data(), a.Data() + a.ElementLength());
  } catch (const std::exception&) {
    return fail("out_of_memory", "There is not enough memory to copy the arguments of this call.");
  }
  return {};
}

struct Call {
  std::shared_ptr<Encoder> encoder;
  Cancelled cancelled;
  std::vector<float> images, cotangents, embeddings, gradients;
  Images view{};
  int cotangent_count = 0;
};

// An embedding, or with cotangents a VJP.
class CallWorker final : public Worker {
 public:
  CallWorker(Napi::Env env, Call call) : Worker(env), c_(std::move(call)) {}

 private:
  Failure work() override {
    c_.embeddings.resize((size_t)c_.view.count * c_.encoder->config().dims);
    c_.view.data = c_.images.data();
    if (c_.cotangent_count == 0) return c_.encoder->embed(c_.view, c_.cancelled.get(), c_.embeddings.data());
    c_.gradients.resize((size_t)c_.cotangent_count * 3 * c_.view.height * c_.view.width);
    return c_.encoder->vjp(c_.view, c_.cotangent_count, c_.cotangents.data(), c_.cancelled.get(), c_.embeddings.data(),
                           c_.gradients.data());
  }
  Napi::Value result(Napi::Env env) override {
    if (c_.cotangent_count == 0) return to_js(env, c_.embeddings);
    Napi::Object o = Napi::Object::New(env);
    o.Set("embeddings", to_js(env, c_.embeddings));
    o.Set("gradients", to_js(env, c_.gradients));
    return o;
  }
  Call c_;
};

class EncoderObject : public Napi::ObjectWrap<EncoderObject> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "Encoder",
                       {InstanceMethod<&EncoderObject::embed>("embed"), InstanceMethod<&EncoderObject::vjp>("vjp"),
                        InstanceMethod<&EncoderObject::info>("info"), InstanceMethod<&EncoderObject::close>("close")});
  }
  explicit EncoderObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<EncoderObject>(info) {
    info.This().As<Napi::Object>().TypeTag(&kEncoderTag);
  }

  std::shared_ptr<Encoder> encoder;

 private:
  // What both calls begin with: images, count, height, width; the token is argument `token_at`.
  static Failure read_call(const Napi::CallbackInfo& info, size_t token_at, Call* c) {
    const EncoderObject* self = unwrap<EncoderObject>(info.This(), kEncoderTag);
    if (!self || !self->encoder) return fail("invalid_input", "This encoder is closed; load it again.");
    c->encoder = self->encoder;
    if (!is_floats(info[0])) return fail("invalid_input", "Expected a Float32Array for images.");
    RawCall raw;
    raw.image_numbers = length(info[0]);
    raw.count = number(info[1]);
    raw.height = number(info[2]);
    raw.width = number(info[3]);
    if (Failure f = read_images(raw, &c->view)) return f;
    const Token* token = unwrap<Token>(info[token_at], kTokenTag);
    if (!token) return fail("invalid_input", "Expected a cancellation token.");
    c->cancelled = token->flag;
    return copy(info[0], &c->images);
  }

  Napi::Value embed(const Napi::CallbackInfo& info) {
    Call c;
    if (Failure f = read_call(info, 4, &c)) return reject(info.Env(), f);
    return queue(new CallWorker(info.Env(), std::move(c)));
  }

  Napi::Value vjp(const Napi::CallbackInfo& info) {
    Call c;
    if (Failure f = read_call(info, 6, &c)) return reject(info.Env(), f);
    if (!is_floats(info[4])) return reject(info.Env(), fail("invalid_input", "Expected a Float32Array for cotangents."));
    RawCall raw;
    raw.cotangent_numbers = length(info[4]);
    raw.cotangent_count = number(info[5]);
    if (Failure f = read_cotangents(raw, c.view, c.encoder->config().dims, &c.cotangent_count)) return reject(info.Env(), f);
    if (Failure f = copy(info[4], &c.cotangents)) return reject(info.Env(), f);
    return queue(new CallWorker(info.Env(), std::move(c)));
  }

  Napi::Value info(const Napi::CallbackInfo& info) {
    Napi::Env env = info.Env();
    const EncoderObject* self = unwrap<EncoderObject>(info.This(), kEncoderTag);
    if (!self || !self->encoder) {
      make_error(env, fail("invalid_input", "This encoder is closed; load it again.")).ThrowAsJavaScriptException();
      return env.Undefined();
    }
    const Info i = self->encoder->info();
    Napi::Object o = Napi::Object::New(env);
    o.Set("path", i.path);
    o.Set("precision", i.bf16 ? "bf16" : i.path == "reference" ? "f64" : "f32");
    o.Set("naming", i.naming);
    o.Set("imageSize", i.config.size);
    o.Set("patch", i.config.patch);
    o.Set("width", i.config.width);
    o.Set("layers", i.config.layers);
    o.Set("heads", i.config.heads);
    o.Set("mlp", i.config.mlp);
    o.Set("dims", i.config.dims);
    o.Set("hiddenAct", i.config.act == Activation::kQuickGelu ? "quick_gelu" : "gelu");
    o.Set("checkpoint", i.checkpoint);
    o.Set("threads", i.threads);
    o.Set("weightBytes", (double)i.weight_bytes);
    o.Set("scratchBytes", (double)i.scratch_bytes);
    return o;
  }

  Napi::Value close(const Napi::CallbackInfo& info) {
    // A call that is running holds its own reference and ends in its own time.
    if (EncoderObject* self = unwrap<EncoderObject>(info.This(), kEncoderTag)) self->encoder.reset();
    return info.Env().Undefined();
  }
};

class LoadWorker final : public Worker {
 public:
  LoadWorker(Napi::Env env, std::string path, std::vector<uint8_t> bytes, LoadOptions options)
      : Worker(env), path_(std::move(path)), bytes_(std::move(bytes)), options_(std::move(options)) {}

 private:
  Failure work() override {
    std::unique_ptr<Source> source;
    if (path_.empty()) {
      source = memory_source(std::move(bytes_));
    } else {
      Failure f;
      source = file_source(path_, &f);
      if (!source) return f;
    }
    return Encoder::load(std::move(source), options_, &encoder_);
  }
  Napi::Value result(Napi::Env env) override {
    Napi::Object o = env.GetInstanceData<Classes>()->encoder.New({});
    EncoderObject::Unwrap(o)->encoder = std::move(encoder_);
    return o;
  }
  std::string path_;
  std::vector<uint8_t> bytes_;
  LoadOptions options_;
  std::shared_ptr<Encoder> encoder_;
};

std::optional<std::string> text(const Napi::Value& v) {
  if (v.IsUndefined()) return {};
  // No option's value is empty: a value of another type is refused as such.
  return v.IsString() ? v.As<Napi::String>().Utf8Value() : std::string();
}

std::optional<double> optional_number(const Napi::Value& v) {
  if (v.IsUndefined()) return {};
  return number(v);
}

std::optional<std::vector<double>> numbers(const Napi::Value& v) {
  if (v.IsUndefined()) return {};
  std::vector<double> out;
  if (v.IsArray() && v.As<Napi::Array>().Length() == 3)
    for (uint32_t i = 0; i < 3; ++i) out.push_back(number(v.As<Napi::Array>().Get(i)));
  return out;
}

// A property's getter may throw: the caller looks for a pending exception.
RawOptions raw_options(const Napi::Object& o) {
  RawOptions raw;
  raw.path = text(o.Get("path"));
  raw.precision = text(o.Get("precision"));
  raw.act = text(o.Get("hiddenAct"));
  raw.heads = optional_number(o.Get("heads"));
  raw.threads = optional_number(o.Get("threads"));
  raw.eps = optional_number(o.Get("layerNormEps"));
  raw.mean = numbers(o.Get("mean"));
  raw.std = numbers(o.Get("std"));
  raw.checkpoint = o.Get("checkpoint").ToBoolean().Value();
  return raw;
}

// load(path | Uint8Array, options): Promise<Encoder>
Napi::Value load(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  LoadOptions options;
  if (!info[1].IsObject()) return reject(env, fail("invalid_input", "Expected an object of options."));
  const RawOptions raw = raw_options(info[1].As<Napi::Object>());
  if (env.IsExceptionPending()) return env.Undefined();
  if (Failure f = read_options(raw, &options)) return reject(env, f);
  std::string path;
  std::vector<uint8_t> bytes;
  if (info[0].IsString()) {
    path = info[0].As<Napi::String>().Utf8Value();
    if (path.empty() || path.find('\0') != std::string::npos)
      return reject(env, fail("invalid_input", "Expected a path without NUL characters."));
  } else if (info[0].IsTypedArray() && info[0].As<Napi::TypedArray>().TypedArrayType() == napi_uint8_array) {
    const Napi::Uint8Array a = info[0].As<Napi::Uint8Array>();
    if (a.ElementLength() == 0) return reject(env, fail("invalid_input", "The weights are empty or their buffer is detached."));
    try {
      bytes.assign(a.Data(), a.Data() + a.ElementLength());
    } catch (const std::exception&) {
      return reject(env, fail("out_of_memory", "There is not enough memory to copy the weights; load them from a file."));
    }
  } else {
    return reject(env, fail("invalid_input", "Expected a path or a Uint8Array for the weights."));
  }
  return queue(new LoadWorker(env, std::move(path), std::move(bytes), std::move(options)));
}

Napi::Value paths(const Napi::CallbackInfo& info) {
  Napi::Array out = Napi::Array::New(info.Env());
  for (const Kernels* k : usable_kernels()) out.Set(out.Length(), k->name);
  out.Set(out.Length(), "reference");
  return out;
}

class MeasureWorker final : public Worker {
 public:
  MeasureWorker(Napi::Env env, const Kernels& ks, bool bf16, std::vector<int> shape, int threads, double seconds)
      : Worker(env), ks_(ks), bf16_(bf16), shape_(std::move(shape)), threads_(threads), seconds_(seconds) {}

 private:
  Failure work() override {
    rate_ = shape_.empty() ? measure_peak(ks_, bf16_, threads_, seconds_)
                           : measure_gemm(ks_, bf16_, shape_[0], shape_[1], shape_[2], threads_, seconds_);
    return {};
  }
  Napi::Value result(Napi::Env env) override { return Napi::Number::New(env, rate_); }
  const Kernels& ks_;
  bool bf16_;
  std::vector<int> shape_;
  int threads_;
  double seconds_, rate_ = 0;
};

// measure(path, bf16, threads, seconds, m?, n?, k?): Promise<floating point operations per second>
Napi::Value measure(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const Kernels* ks = info[0].IsString() ? find_kernels(info[0].As<Napi::String>().Utf8Value().c_str()) : nullptr;
  const bool bf16 = info[1].ToBoolean().Value();
  if (!ks || (bf16 && !ks->peak_bf16)) return reject(env, fail("backend_unavailable", "No such path on this processor."));
  int threads;
  const double seconds = number(info[3]);
  if (!whole(number(info[2]), 1024, &threads) || !(seconds > 0) || seconds > 60)
    return reject(env, fail("invalid_input", "Expected a number of threads and 0 to 60 seconds."));
  std::vector<int> shape;
  for (size_t i = 4; i < 7 && info.Length() > 4; ++i) {
    int n;
    if (!whole(number(info[i]), 1 << 14, &n)) return reject(env, fail("invalid_input", "Expected sides from 1 to 16384."));
    shape.push_back(n);
  }
  return queue(new MeasureWorker(env, *ks, bf16, std::move(shape), threads, seconds));
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  auto* classes = new Classes();
  classes->encoder = Napi::Persistent(EncoderObject::define(env));
  classes->rows = Napi::Persistent(define_rows(env));
  env.SetInstanceData(classes);
  exports.Set("Token", Token::define(env));
  exports.Set("load", Napi::Function::New(env, load, "load"));
  exports.Set("paths", Napi::Function::New(env, paths, "paths"));
  exports.Set("rows", Napi::Function::New(env, make_rows, "rows"));
  exports.Set("scanPaths", Napi::Function::New(env, scan_paths, "scanPaths"));
  exports.Set("measureRead", Napi::Function::New(env, scan_measure, "measureRead"));
  exports.Set("measure", Napi::Function::New(env, measure, "measure"));
  return exports;
}

}  // namespace
}  // namespace accent

static Napi::Object Init(Napi::Env env, Napi::Object exports) { return accent::init(env, exports); }
NODE_API_MODULE(native, Init)
