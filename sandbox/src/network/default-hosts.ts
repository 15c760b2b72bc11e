/**
 * What a shell may reach unless its user says otherwise: where code and packages come from. A list like this keeps
 * what runs inside from reaching servers of its own choice; it does not keep data in. Whoever has an account at a code
 * host or a registry can write there, so a secret that must not leave must not be in the workspace.
 */
export const defaultHosts: readonly string[] = [
  // npm, and where Yarn and corepack look for it.
  'registry.npmjs.org',
  'registry.yarnpkg.com',
  'repo.yarnpkg.com',
  // PyPI: its index, and the host of the files that the index names.
  'pypi.org',
  'files.pythonhosted.org',
  // Conda, with the channels that its community keeps.
  'repo.anaconda.com',
  'conda.anaconda.org',
  // Rust: crates, their sparse index and files, and the toolchains of rustup.
  'crates.io',
  'index.crates.io',
  'static.crates.io',
  'static.rust-lang.org',
  // Go: modules, their checksums, and toolchains, whose downloads are redirected to the last.
  'proxy.golang.org',
  'sum.golang.org',
  'go.dev',
  'dl.google.com',
  // Ruby.
  'rubygems.org',
  'index.rubygems.org',
  // JVM: Maven Central under both names, Gradle and its plugins, whose files come from the services host.
  'repo1.maven.org',
  'repo.maven.apache.org',
  'plugins.gradle.org',
  'plugins-artifacts.gradle.org',
  'services.gradle.org',
  'downloads.gradle.org',
  // Android's and Google's own Java packages.
  'maven.google.com',
  // PHP.
  'packagist.org',
  'repo.packagist.org',
  // .NET.
  'api.nuget.org',
  'www.nuget.org',
  // Elixir and Erlang.
  'hex.pm',
  'repo.hex.pm',
  'builds.hex.pm',
  // Perl, R, Haskell, Dart.
  'www.cpan.org',
  'cpan.metacpan.org',
  'fastapi.metacpan.org',
  'cran.r-project.org',
  'cloud.r-project.org',
  'hackage.haskell.org',
  'pub.dev',
  // Packages of the systems that images are made of.
  'deb.debian.org',
  'security.debian.org',
  'archive.ubuntu.com',
  'security.ubuntu.com',
  'ports.ubuntu.com',
  'dl-cdn.alpinelinux.org',
  // Node's own releases and headers, which native modules are built against.
  'nodejs.org',
  // GitHub: pages and git, the API, archives, raw files, and the many hosts of releases and large files.
  'github.com',
  'api.github.com',
  'codeload.github.com',
  '*.githubusercontent.com',
  // The other large code hosts; their git and their archives are under the same name.
  'gitlab.com',
  'bitbucket.org',
  'api.bitbucket.org',
  'codeberg.org',
  'sr.ht',
  '*.sr.ht',
]
