#include "mapped.h"

#if !defined(_WIN32)
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

namespace accent {

#if defined(_WIN32)

std::shared_ptr<const Mapped> Mapped::open(const std::string&, Failure* failure) {
  *failure = fail("not_supported", "Files are not mapped on this system.");
  return nullptr;
}
Mapped::~Mapped() {}
bool Mapped::holds(uint64_t) const { return false; }

#else

std::shared_ptr<const Mapped> Mapped::open(const std::string& path, Failure* failure) {
  // Not blocking: a pipe of that name would be waited for.
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) {
    *failure = fail("not_found", "The index file could not be opened. Check that it exists and may be read.");
    return nullptr;
  }
  struct stat about;
  if (fstat(file, &about) != 0 || !S_ISREG(about.st_mode)) {
    ::close(file);
    *failure = fail("not_a_regular_file", "The index is not a regular file.");
    return nullptr;
  }
  const uint64_t size = (uint64_t)about.st_size;
  void* data = size > 0 && size <= SIZE_MAX ? mmap(nullptr, (size_t)size, PROT_READ, MAP_SHARED, file, 0) : MAP_FAILED;
  if (data == MAP_FAILED) {
    ::close(file);
    *failure = size == 0 ? fail("empty_file", "The index file is empty.")
                         : fail("io_error", "The index file could not be mapped into memory.");
    return nullptr;
  }
  return std::shared_ptr<const Mapped>(new Mapped(file, (const uint8_t*)data, size));
}

Mapped::~Mapped() {
  munmap((void*)data_, (size_t)size_);
  ::close(file_);
}

bool Mapped::holds(uint64_t bytes) const {
  struct stat about;
  return fstat(file_, &about) == 0 && (uint64_t)about.st_size >= bytes;
}

#endif

}  // namespace accent
