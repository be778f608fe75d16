// Loaded with LD_PRELOAD into a process under test: a disk that fails. While the file named by $FAILING_DISK exists,
// the calls it names ("write" or "sync") fail with the errno it names, for the files of a store:
//   write 28      ENOSPC at each write, truncation and sync
//   sync 5        EIO at each sync
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

// The error that a call on `fd` is to fail with, 0 for none.
static int fault(int fd, int is_sync) {
  char link[64];
  char target[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t length = readlink(link, target, sizeof target - 1);
  if (length < 0) return 0;
  target[length] = '\0';
  if (strstr(target, "/strongroom.db") == NULL) return 0;
  const char* path = getenv("FAILING_DISK");
  FILE* file = path != NULL ? fopen(path, "re") : NULL;
  if (file == NULL) return 0;
  char kind[16] = "";
  int error = 0;
  const int read = fscanf(file, "%15s %d", kind, &error);
  fclose(file);
  if (read != 2) return 0;
  return is_sync || strcmp(kind, "write") == 0 ? error : 0;
}

#define FAIL_IF_TOLD(fd, is_sync)         \
  do {                                    \
    const int error = fault(fd, is_sync); \
    if (error != 0) {                     \
      errno = error;                      \
      return -1;                          \
    }                                     \
  } while (0)

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t write(int fd, const void* data, size_t size) {
  FAIL_IF_TOLD(fd, 0);
  return REAL(write)(fd, data, size);
}
ssize_t pwrite(int fd, const void* data, size_t size, off_t at) {
  FAIL_IF_TOLD(fd, 0);
  return REAL(pwrite)(fd, data, size, at);
}
ssize_t pwrite64(int fd, const void* data, size_t size, off64_t at) {
  FAIL_IF_TOLD(fd, 0);
  return REAL(pwrite64)(fd, data, size, at);
}
int ftruncate(int fd, off_t size) {
  FAIL_IF_TOLD(fd, 0);
  return REAL(ftruncate)(fd, size);
}
int ftruncate64(int fd, off64_t size) {
  FAIL_IF_TOLD(fd, 0);
  return REAL(ftruncate64)(fd, size);
}
int fsync(int fd) {
  FAIL_IF_TOLD(fd, 1);
  return REAL(fsync)(fd);
}
int fdatasync(int fd) {
  FAIL_IF_TOLD(fd, 1);
  return REAL(fdatasync)(fd);
}
