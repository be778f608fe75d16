# The addon, build/Release/strongroom.node. The core's sources are the ones CMake builds too (native/sources.txt).
{
  'target_defaults': {
    # Node's own headers come last: its folder also holds the headers of Node's OpenSSL, and ours is the system's.
    'include_dirs!': ['<(node_root_dir)/include/node'],
    'include_dirs': ['native'],
    'defines': ['PCRE2_STATIC', '_GLIBCXX_ASSERTIONS'],
    'cflags!': ['-O3'],
    'cflags': [
      '-O2',
      '-fvisibility=hidden',
      '-ffunction-sections',
      '-fdata-sections',
      '-fstack-protector-strong',
      '-U_FORTIFY_SOURCE',
      '-D_FORTIFY_SOURCE=2',
      '<!@(pkg-config --cflags libsecret-1)',
    ],
    # Exceptions and RTTI stay on inside: std::bad_alloc is caught where a thread or a call begins. None crosses N-API.
    'cflags_cc!': ['-fno-exceptions', '-fno-rtti', '-std=gnu++17', '-std=gnu++20'],
    'cflags_cc': ['-std=c++20', '-fexceptions', '-frtti', '-fvisibility-inlines-hidden'],
  },
  'targets': [
    {
      'target_name': 'strongroom_core',
      'type': 'static_library',
      'sources': ['<!@(grep -vE "^(service|connections)/" native/sources.txt | sed s,^,native/,)'],
    },
    {
      # What runs once a message, not once a byte, is made for size.
      'target_name': 'strongroom_services',
      'type': 'static_library',
      'sources': ['<!@(grep -E "^(service|connections)/" native/sources.txt | sed s,^,native/,)'],
      'cflags': ['-Os'],
    },
    {
      'target_name': 'strongroom',
      'dependencies': ['strongroom_services', 'strongroom_core'],
      'sources': ['<!@(ls native/addon/*.cc)'],
      'include_dirs': ['<!(node -p "require(\'node-addon-api\').include_dir")'],
      'defines': [
        'NAPI_VERSION=8',
        'NODE_ADDON_API_DISABLE_CPP_EXCEPTIONS',
        'NODE_ADDON_API_DISABLE_DEPRECATED',
        'NODE_API_NO_EXTERNAL_BUFFERS_ALLOWED',  # Electron's V8 refuses them
        # A worker that is being terminated takes no exceptions any more; failing to throw one must not end the process.
        'NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS',
        'STRONGROOM_VERSION="<!(node -p "require(\'./package.json\').version")"',
      ],
      'cflags': ['-Os', '-idirafter<(node_root_dir)/include/node'],
      'libraries': ['-l:libcrypto.a', '-l:libsqlite3.a', '-l:libpcre2-8.a'],
      'ldflags': [
        # Nothing of what is linked in can be seen, or replaced by what the host process exports (Node has an OpenSSL
        # and an SQLite of its own, Electron has BoringSSL).
        '-static-libstdc++',
        '-static-libgcc',
        '-Wl,--exclude-libs,ALL',
        '-Wl,-Bsymbolic',
        '-Wl,--version-script=<(module_root_dir)/native/addon/exports.map',
        '-Wl,--gc-sections',
        '-Wl,--as-needed',
        '-Wl,-z,relro,-z,now',
        '-Wl,-z,pack-relative-relocs',  # half a megabyte less; glibc 2.36 and later read them
        # Node unloads an addon with the last context that loaded it. Thread-local destructors of threads that are
        # still leaving, and the callbacks GLib keeps, would then run in memory that is gone.
        '-Wl,-z,nodelete',
      ],
    },
  ],
}
