// The boundary to JavaScript, and the only file that sees Node-API: arguments are checked and copied into a struct, a
// worker runs the kernel on it without touching JavaScript, and the results are copied out. Images are copied in
// (megabytes beside gigaflops), so a buffer that is detached or changed during a call can harm nobody.
// The public face, with its names and documentation, is kernel.ts; nothing else calls this module.
#include <napi.h>

#include <cmath>
#include <new>

#include "cpu.h"
#include "encoder.h"
#include "measure.h"

namespace accent {
namespace {

using Cancelled = std::shared_ptr<std::atomic<bool>>;

Napi::Error make_error(Napi::Env env, const Failure& f) {
  Napi::Error e = Napi::Error::New(env, f.message);
  e.Set("code", Napi::String::New(env, f.code));
  return e;
}

void throw_failure(Napi::Env env, const Failure& f) { make_error(env, f).ThrowAsJavaScriptException(); }

Napi::Value reject(Napi::Env env, const Failure& f) {
  auto deferred = Napi::Promise::Deferred::New(env);
  deferred.Reject(make_error(env, f).Value());
  return deferred.Promise();
}

// A flag that JavaScript raises and the kernel looks at between layers.
class Token : public Napi::ObjectWrap<Token> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "Token", {InstanceMethod<&Token::cancel>("cancel")});
  }
  explicit Token(const Napi::CallbackInfo& info) : Napi::ObjectWrap<Token>(info) {}
  Napi::Value cancel(const Napi::CallbackInfo& info) {
    *flag = true;
    return info.Env().Undefined();
  }
  Cancelled flag = std::make_shared<std::atomic<bool>>(false);
};

// Constructors live per environment: each worker thread has its own.
struct Classes {
  Napi::FunctionReference encoder, token;
};

// Runs `work` off the main thread and settles a promise with what `result` makes.
class Worker : public Napi::AsyncWorker {
 public:
  explicit Worker(Napi::Env env) : Napi::AsyncWorker(env), deferred_(Napi::Promise::Deferred::New(env)) {}
  Napi::Promise promise() const { return deferred_.Promise(); }

  void Execute() final {
    try {
      failure_ = work();
    } catch (const std::bad_alloc&) {
      failure_ = fail("out_of_memory", "There is not enough memory for this call of the kernel.");
    } catch (const std::exception& e) {
      failure_ = fail("internal", std::string("The kernel failed: ") + e.what());
    }
  }
  void OnOK() final {
    Napi::HandleScope scope(Env());
    if (failure_) {
      deferred_.Reject(make_error(Env(), failure_).Value());
      return;
    }
    deferred_.Resolve(result(Env()));
  }

 protected:
  virtual Failure work() = 0;
  virtual Napi::Value result(Napi::Env env) = 0;

 private:
  Napi::Promise::Deferred deferred_;
  Failure failure_;
};

Napi::Float32Array to_js(Napi::Env env, const std::vector<float>& v) {
  Napi::Float32Array out = Napi::Float32Array::New(env, v.size());
  if (!v.empty() && out.ElementLength() == v.size()) std::memcpy(out.Data(), v.data(), v.size() * sizeof(float));
  return out;
}

// A whole number in [1, most], or false.
bool whole(const Napi::Value& v, double most, int* out) {
  if (!v.IsNumber()) return false;
  const double d = v.As<Napi::Number>().DoubleValue();
  if (!(d >= 1) || d > most || d != std::floor(d)) return false;
  *out = (int)d;
  return true;
}

// Copies a Float32Array of exactly `expected` numbers.
Failure floats(const Napi::Value& v, double expected, const char* what, std::vector<float>* out) {
  if (!v.IsTypedArray() || v.As<Napi::TypedArray>().TypedArrayType() != napi_float32_array)
    return fail("invalid_input", std::string("Expected a Float32Array for ") + what + ".");
  const Napi::Float32Array a = v.As<Napi::Float32Array>();
  const size_t n = a.ElementLength();
  if (n == 0) return fail("invalid_input", std::string("The ") + what + " array is empty or its buffer is detached.");
  if ((double)n != expected)
    return fail("invalid_input", std::string("Expected ") + std::to_string((long long)expected) + " numbers for " + what +
                                     " by the shape, but received " + std::to_string(n) + ".");
  out->assign(a.Data(), a.Data() + n);
  return {};
}

struct Call {
  std::shared_ptr<Encoder> encoder;
  Cancelled cancelled;
  std::vector<float> images, cotangents, embeddings, gradients;
  Images view{};
  int cotangent_count = 0;
};

class EmbedWorker final : public Worker {
 public:
  EmbedWorker(Napi::Env env, Call call) : Worker(env), c_(std::move(call)) {}

 private:
  Failure work() override {
    c_.embeddings.resize((size_t)c_.view.count * c_.encoder->config().dims);
    c_.view.data = c_.images.data();
    return c_.encoder->embed(c_.view, c_.cancelled.get(), c_.embeddings.data());
  }
  Napi::Value result(Napi::Env env) override { return to_js(env, c_.embeddings); }
  Call c_;
};

class VjpWorker final : public Worker {
 public:
  VjpWorker(Napi::Env env, Call call) : Worker(env), c_(std::move(call)) {}

 private:
  Failure work() override {
    c_.embeddings.resize((size_t)c_.view.count * c_.encoder->config().dims);
    c_.gradients.resize((size_t)c_.cotangent_count * 3 * c_.view.height * c_.view.width);
    c_.view.data = c_.images.data();
    return c_.encoder->vjp(c_.view, c_.cotangent_count, c_.cotangents.data(), c_.cancelled.get(), c_.embeddings.data(),
                           c_.gradients.data());
  }
  Napi::Value result(Napi::Env env) override {
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
  explicit EncoderObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<EncoderObject>(info) {}

  std::shared_ptr<Encoder> encoder;

 private:
  // images, count, height, width, and the token as the last argument.
  Failure read_call(const Napi::CallbackInfo& info, size_t token_at, Call* c) {
    if (!encoder) return fail("invalid_input", "This encoder is closed; load it again.");
    c->encoder = encoder;
    // 3 * 2^8 * 2^14 * 2^14 stays far inside 53 bits; the product with the count is checked as a double.
    if (!whole(info[1], 1 << 20, &c->view.count) || !whole(info[2], 1 << 14, &c->view.height) ||
        !whole(info[3], 1 << 14, &c->view.width))
      return fail("invalid_input", "Expected a shape [count, 3, height, width] with 1 to 1048576 images of sides 1 to 16384.");
    const double numbers = 3.0 * c->view.count * c->view.height * c->view.width;
    if (Failure f = floats(info[0], numbers, "images", &c->images)) return f;
    const Classes* classes = info.Env().GetInstanceData<Classes>();
    if (!info[token_at].IsObject() || !info[token_at].As<Napi::Object>().InstanceOf(classes->token.Value()))
      return fail("invalid_input", "Expected a cancellation token.");
    c->cancelled = Token::Unwrap(info[token_at].As<Napi::Object>())->flag;
    return {};
  }

  Napi::Value embed(const Napi::CallbackInfo& info) {
    Call c;
    if (Failure f = read_call(info, 4, &c)) return reject(info.Env(), f);
    auto* worker = new EmbedWorker(info.Env(), std::move(c));
    Napi::Promise promise = worker->promise();
    worker->Queue();
    return promise;
  }

  Napi::Value vjp(const Napi::CallbackInfo& info) {
    Call c;
    if (Failure f = read_call(info, 6, &c)) return reject(info.Env(), f);
    if (!whole(info[5], 1 << 20, &c.cotangent_count) || (c.view.count != 1 && c.cotangent_count != c.view.count))
      return reject(info.Env(), fail("invalid_input", "Expected as many cotangents as images, or any number of them for one image."));
    if (Failure f = floats(info[4], (double)c.cotangent_count * c.encoder->config().dims, "cotangents", &c.cotangents))
      return reject(info.Env(), f);
    auto* worker = new VjpWorker(info.Env(), std::move(c));
    Napi::Promise promise = worker->promise();
    worker->Queue();
    return promise;
  }

  Napi::Value info(const Napi::CallbackInfo& info) {
    Napi::Env env = info.Env();
    if (!encoder) {
      throw_failure(env, fail("invalid_input", "This encoder is closed; load it again."));
      return env.Undefined();
    }
    const Info i = encoder->info();
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
    encoder.reset();
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

bool triple(const Napi::Value& v, std::optional<std::vector<float>>* out) {
  if (v.IsUndefined()) return true;
  if (!v.IsArray() || v.As<Napi::Array>().Length() != 3) return false;
  std::vector<float> t;
  for (uint32_t i = 0; i < 3; ++i) {
    const Napi::Value n = v.As<Napi::Array>().Get(i);
    if (!n.IsNumber()) return false;
    t.push_back(n.As<Napi::Number>().FloatValue());
  }
  *out = std::move(t);
  return true;
}

Failure read_options(const Napi::Object& o, LoadOptions* out) {
  const Napi::Value path = o.Get("path"), precision = o.Get("precision"), act = o.Get("hiddenAct"), heads = o.Get("heads"),
                    eps = o.Get("layerNormEps"), threads = o.Get("threads");
  if (!path.IsUndefined()) {
    if (!path.IsString()) return fail("invalid_input", "Expected a string for path.");
    out->path = path.As<Napi::String>().Utf8Value();
  }
  if (!precision.IsUndefined()) {
    const std::string p = precision.IsString() ? precision.As<Napi::String>().Utf8Value() : "";
    if (p != "f32" && p != "bf16") return fail("invalid_input", "Expected \"f32\" or \"bf16\" for precision.");
    out->bf16 = p == "bf16";
  }
  if (!act.IsUndefined()) {
    const std::string a = act.IsString() ? act.As<Napi::String>().Utf8Value() : "";
    if (a != "gelu" && a != "quick_gelu") return fail("invalid_input", "Expected \"gelu\" or \"quick_gelu\" for hiddenAct.");
    out->overrides.act = a == "gelu" ? Activation::kGelu : Activation::kQuickGelu;
  }
  int n;
  if (!heads.IsUndefined()) {
    if (!whole(heads, 1024, &n)) return fail("invalid_input", "Expected a whole number from 1 to 1024 for heads.");
    out->overrides.heads = n;
  }
  if (!threads.IsUndefined()) {
    if (!whole(threads, 1024, &n)) return fail("invalid_input", "Expected a whole number from 1 to 1024 for threads.");
    out->threads = n;
  }
  if (!eps.IsUndefined()) {
    const double e = eps.IsNumber() ? eps.As<Napi::Number>().DoubleValue() : 0;
    if (!(e > 0) || !(e < 1)) return fail("invalid_input", "Expected a number in (0, 1) for layerNormEps.");
    out->overrides.eps = (float)e;
  }
  if (!triple(o.Get("mean"), &out->overrides.mean) || !triple(o.Get("std"), &out->overrides.std))
    return fail("invalid_input", "Expected an array of three numbers for mean and std.");
  out->checkpoint = o.Get("checkpoint").ToBoolean().Value();
  return {};
}

// load(path | Uint8Array, options): Promise<Encoder>
Napi::Value load(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  LoadOptions options;
  if (!info[1].IsObject()) return reject(env, fail("invalid_input", "Expected an object of options."));
  if (Failure f = read_options(info[1].As<Napi::Object>(), &options)) return reject(env, f);
  std::string path;
  std::vector<uint8_t> bytes;
  if (info[0].IsString()) {
    path = info[0].As<Napi::String>().Utf8Value();
    if (path.empty() || path.find('\0') != std::string::npos)
      return reject(env, fail("invalid_input", "Expected a path without NUL characters."));
  } else if (info[0].IsTypedArray() && info[0].As<Napi::TypedArray>().TypedArrayType() == napi_uint8_array) {
    const Napi::Uint8Array a = info[0].As<Napi::Uint8Array>();
    if (a.ElementLength() == 0) return reject(env, fail("invalid_input", "The weights are empty or their buffer is detached."));
    bytes.assign(a.Data(), a.Data() + a.ElementLength());
  } else {
    return reject(env, fail("invalid_input", "Expected a path or a Uint8Array for the weights."));
  }
  auto* worker = new LoadWorker(env, std::move(path), std::move(bytes), std::move(options));
  Napi::Promise promise = worker->promise();
  worker->Queue();
  return promise;
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
  const double seconds = info[3].IsNumber() ? info[3].As<Napi::Number>().DoubleValue() : 0;
  if (!whole(info[2], 1024, &threads) || !(seconds > 0) || seconds > 60)
    return reject(env, fail("invalid_input", "Expected a number of threads and 0 to 60 seconds."));
  std::vector<int> shape;
  for (size_t i = 4; i < 7 && info.Length() > 4; ++i) {
    int n;
    if (!whole(info[i], 1 << 14, &n)) return reject(env, fail("invalid_input", "Expected sides from 1 to 16384."));
    shape.push_back(n);
  }
  auto* worker = new MeasureWorker(env, *ks, bf16, std::move(shape), threads, seconds);
  Napi::Promise promise = worker->promise();
  worker->Queue();
  return promise;
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  auto* classes = new Classes();
  const Napi::Function encoder = EncoderObject::define(env), token = Token::define(env);
  classes->encoder = Napi::Persistent(encoder);
  classes->token = Napi::Persistent(token);
  env.SetInstanceData(classes);
  exports.Set("Token", token);
  exports.Set("load", Napi::Function::New(env, load, "load"));
  exports.Set("paths", Napi::Function::New(env, paths, "paths"));
  exports.Set("measure", Napi::Function::New(env, measure, "measure"));
  return exports;
}

}  // namespace
}  // namespace accent

static Napi::Object Init(Napi::Env env, Napi::Object exports) { return accent::init(env, exports); }
NODE_API_MODULE(native, Init)
