/* An addon that reads what it has freed, as it is loaded: the sanitizer must see it. */
#include <stdlib.h>

volatile char seen;

void *napi_register_module_v1(void *env, void *exports) {
  char *volatile bytes = malloc(8);
  free(bytes);
  seen = bytes[2];
  return exports;
}
