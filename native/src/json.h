// A strict JSON reader (RFC 8259) over a text that is already known to be UTF-8, pulled value by value, so that nothing
// is built that the caller did not ask for. Every method returns false after the first error, which `error` then holds.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace accent {

class Json {
 public:
  // Keeps a reference: the text must outlive the reader.
  explicit Json(const std::string& text) : s_(text) {}

  std::string error;

  // Notes the first error, with the place; always false.
  bool bad(const std::string& what);
  // Is the next character, after white space, this one?
  bool peek(char c);
  bool take(char c);
  bool at_end();
  bool string(std::string* out);
  // A whole number without sign, fraction or exponent, up to 2^64 - 1.
  bool whole(uint64_t* out);
  bool list(std::vector<uint64_t>* out);
  // Steps over a value of any kind, nested at most 100 deep below `depth`.
  bool skip(int depth);

 private:
  void space();
  bool digits();
  bool number();
  bool hex4(uint32_t* out);
  bool escape(std::string* out);

  const std::string& s_;
  size_t at_ = 0;
};

}  // namespace accent
