#include "json.h"

#include <cstring>

namespace accent {
namespace {

constexpr int kMaxDepth = 100;

}  // namespace

bool Json::bad(const std::string& what) {
  if (error.empty()) error = what + " at byte " + std::to_string(at_) + " of the header";
  return false;
}

void Json::space() {
  while (at_ < s_.size() && (s_[at_] == ' ' || s_[at_] == '\n' || s_[at_] == '\t' || s_[at_] == '\r')) ++at_;
}

bool Json::peek(char c) {
  space();
  return at_ < s_.size() && s_[at_] == c;
}

bool Json::take(char c) {
  if (!peek(c)) return bad(std::string("expected '") + c + "'");
  ++at_;
  return true;
}

bool Json::at_end() {
  space();
  return at_ == s_.size();
}

bool Json::string(std::string* out) {
  if (!take('"')) return false;
  out->clear();
  while (at_ < s_.size()) {
    const char c = s_[at_++];
    if (c == '"') return true;
    if ((unsigned char)c < 0x20) return bad("control character in a string");
    if (c != '\\') {
      *out += c;
      continue;
    }
    if (at_ >= s_.size()) break;
    const char e = s_[at_++];
    switch (e) {
      case '"': case '\\': case '/': *out += e; break;
      case 'b': *out += '\b'; break;
      case 'f': *out += '\f'; break;
      case 'n': *out += '\n'; break;
      case 'r': *out += '\r'; break;
      case 't': *out += '\t'; break;
      case 'u': if (!escape(out)) return false; break;
      default: return bad("unknown escape in a string");
    }
  }
  return bad("unfinished string");
}

bool Json::whole(uint64_t* out) {
  space();
  const size_t start = at_;
  uint64_t v = 0;
  while (at_ < s_.size() && s_[at_] >= '0' && s_[at_] <= '9') {
    if (__builtin_mul_overflow(v, (uint64_t)10, &v) || __builtin_add_overflow(v, (uint64_t)(s_[at_] - '0'), &v))
      return bad("number too large");
    ++at_;
  }
  if (at_ == start) return bad("expected a whole number");
  if (s_[start] == '0' && at_ - start > 1) return bad("number with a leading zero");
  if (at_ < s_.size() && (s_[at_] == '.' || s_[at_] == 'e' || s_[at_] == 'E')) return bad("expected a whole number");
  *out = v;
  return true;
}

bool Json::list(std::vector<uint64_t>* out) {
  out->clear();
  if (!take('[')) return false;
  if (peek(']')) return take(']');
  for (;;) {
    uint64_t v;
    if (!whole(&v)) return false;
    out->push_back(v);
    if (peek(']')) return take(']');
    if (!take(',')) return false;
  }
}

bool Json::skip(int depth) {
  if (depth > kMaxDepth) return bad("nested too deeply");
  std::string ignored;
  if (peek('"')) return string(&ignored);
  if (peek('{')) {
    ++at_;
    if (peek('}')) return take('}');
    for (;;) {
      if (!string(&ignored) || !take(':') || !skip(depth + 1)) return false;
      if (peek('}')) return take('}');
      if (!take(',')) return false;
    }
  }
  if (peek('[')) {
    ++at_;
    if (peek(']')) return take(']');
    for (;;) {
      if (!skip(depth + 1)) return false;
      if (peek(']')) return take(']');
      if (!take(',')) return false;
    }
  }
  for (const char* word : {"true", "false", "null"})
    if (s_.compare(at_, std::strlen(word), word) == 0) {
      at_ += std::strlen(word);
      return true;
    }
  return number();
}

bool Json::digits() {
  const size_t start = at_;
  while (at_ < s_.size() && s_[at_] >= '0' && s_[at_] <= '9') ++at_;
  return at_ > start || bad("expected a value");
}

bool Json::number() {
  if (at_ < s_.size() && s_[at_] == '-') ++at_;
  const size_t start = at_;
  if (!digits()) return false;
  if (s_[start] == '0' && at_ - start > 1) return bad("number with a leading zero");
  if (at_ < s_.size() && s_[at_] == '.') {
    ++at_;
    if (!digits()) return false;
  }
  if (at_ < s_.size() && (s_[at_] == 'e' || s_[at_] == 'E')) {
    ++at_;
    if (at_ < s_.size() && (s_[at_] == '+' || s_[at_] == '-')) ++at_;
    if (!digits()) return false;
  }
  return true;
}

bool Json::hex4(uint32_t* out) {
  *out = 0;
  for (int i = 0; i < 4; ++i) {
    if (at_ >= s_.size()) return bad("unfinished escape");
    const char c = s_[at_++];
    const int v = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
    if (v < 0) return bad("bad escape");
    *out = *out * 16 + (uint32_t)v;
  }
  return true;
}

bool Json::escape(std::string* out) {
  uint32_t c;
  if (!hex4(&c)) return false;
  if (c >= 0xdc00 && c < 0xe000) return bad("lone surrogate");
  if (c >= 0xd800 && c < 0xdc00) {
    uint32_t low;
    if (s_.compare(at_, 2, "\\u") != 0) return bad("lone surrogate");
    at_ += 2;
    if (!hex4(&low)) return false;
    if (low < 0xdc00 || low >= 0xe000) return bad("lone surrogate");
    c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
  }
  if (c < 0x80) {
    *out += (char)c;
  } else if (c < 0x800) {
    *out += (char)(0xc0 | c >> 6);
    *out += (char)(0x80 | (c & 63));
  } else if (c < 0x10000) {
    *out += (char)(0xe0 | c >> 12);
    *out += (char)(0x80 | (c >> 6 & 63));
    *out += (char)(0x80 | (c & 63));
  } else {
    *out += (char)(0xf0 | c >> 18);
    *out += (char)(0x80 | (c >> 12 & 63));
    *out += (char)(0x80 | (c >> 6 & 63));
    *out += (char)(0x80 | (c & 63));
  }
  return true;
}

}  // namespace accent
