use super::super::tests::parse;
use super::*;

/// Each command on a line: manager, verb, packages, and `held`.
fn said(text: &str) -> Vec<String> {
    let file = parse(text);
    let line = |m: &Managed| {
        let mut out = vec![m.manager.to_owned()];
        out.extend(Some(m.verb.clone()).filter(|v| !v.is_empty()));
        out.extend(m.packages.iter().map(|p| p.value.clone().unwrap_or_else(|| format!("?{}", p.text()))));
        out.extend(m.held.then(|| "(held)".to_owned()));
        out.join(" ")
    };
    file.commands().managed.iter().map(line).collect()
}

#[track_caller]
fn finds(run: &str, found: &[&str]) {
    assert_eq!(said(&format!("FROM a\nRUN {run}\n")), found, "{run}");
}

#[test]
fn system_packages() {
    finds("apk add --no-cache -t .deps curl 'git=~2'", &["apk add curl git=~2"]);
    finds("apk --no-cache --repository http://h/x add a", &["apk add a"]);
    finds("apk update && apk del a && apk info", &[]);
    finds("dnf -y install a && dnf clean all", &["dnf install a"]);
    finds("dnf module install -y nodejs:18", &["dnf module install nodejs:18"]);
    finds(
        "yum install -y --setopt tsflags=nodocs a; microdnf install b; tdnf -y install c",
        &["yum install a", "microdnf install b", "tdnf install c"],
    );
    finds("zypper --non-interactive in a; zypper refresh; zypper rm b", &["zypper in a"]);
    finds("pacman -Syu --noconfirm a; pacman -Sy; pacman -Scc; pacman -Qi a; pacman -Rs a", &["pacman a"]);
    finds("emerge -v dev/a; emerge --sync; xbps-install -Sy a", &["emerge dev/a", "xbps a"]);
    finds(
        "rpm -Uvh https://h/x.rpm; rpm -i ./x.rpm; rpm -qa; rpm --import https://h/k",
        &["rpm https://h/x.rpm", "rpm https://h/k"],
    );
    finds("brew install a; snap install --classic b; brew list", &["brew install a", "snap install b"]);
}

#[test]
fn python() {
    finds("pip install --no-cache-dir a==1 'b>2'", &["pip install a==1 b>2"]);
    finds("pip3.11 install -r r.txt; pip3 install -U pip", &["pip install", "pip install pip"]);
    finds(
        "python3 -m pip install a; python -mpip install b; /v/bin/python3.12 -I -m pip install c",
        &["pip install a", "pip install b", "pip install c"],
    );
    finds("python3 setup.py install; python -m venv x; pip --version; pip list; pip uninstall -y a", &[]);
    finds("pip install --require-hashes -r r.txt", &["pip install (held)"]);
    finds("pip install .; pip install -e .", &["pip install .", "pip install ."]);
    finds("pip install --no-deps .; pip install --no-index --find-links x a; pip install --no-deps x.whl", &[]);
    finds("pip install --no-deps a", &["pip install a"]);
    finds("$VENV/bin/pip install a", &["pip install a"]);
    finds("pipx install a; poetry install; poetry add b", &["pipx install a", "poetry install", "poetry add b"]);
    finds(
        "uv pip install a; uv add b; uv sync; uv tool install c; uv venv; uvx d",
        &["uv pip install a", "uv add b", "uv sync", "uv tool install c", "npx d"],
    );
    finds(
        "uv sync --locked; uv sync --frozen --no-dev; uv run --frozen x",
        &["uv sync (held)", "uv sync (held)", "uv run x (held)"],
    );
    finds(
        "conda install -y -c f a=1; conda env create -f e.yml; conda clean -a; mamba create -n x b; micromamba install c",
        &["conda install a=1", "conda env create", "mamba create b", "mamba install c"],
    );
}

#[test]
fn node() {
    finds("npm ci", &["npm ci (held)"]);
    finds("npm install -g a@1; npm i; npm run build; npm cache clean --force", &["npm install a@1", "npm i"]);
    finds("npm --prefix x install", &["npm install"]);
    finds("pnpm install --frozen-lockfile; pnpm i; pnpm add a", &["pnpm install (held)", "pnpm i", "pnpm add a"]);
    finds("npx -y a build; npx --no-install b", &["npx a build"]);
    finds("corepack enable; corepack prepare pnpm@9.1.0 --activate", &["corepack prepare pnpm@9.1.0"]);
    finds("corepack prepare pnpm@9.1.0+sha512.ab", &["corepack prepare pnpm@9.1.0+sha512.ab (held)"]);
    finds(
        "yarn; yarn install --frozen-lockfile; yarn --immutable; yarn build; yarn global add a",
        &["yarn", "yarn install (held)", "yarn (held)", "yarn global add a"],
    );
    finds("yarn install --frozen-lockfile=false", &["yarn install"]);
    finds("bun install --frozen-lockfile; bun run x", &["bun install (held)"]);
}

#[test]
fn languages() {
    finds("gem install -v 1.2 a; gem list; gem install --local b", &["gem install a"]);
    finds(
        "bundle install --jobs 4; bundle install --frozen; bundle exec x; bundle config set x y",
        &["bundle install", "bundle install (held)"],
    );
    finds(
        "go install h/x@v1; go get h/y; go build -o /x ./...; go mod download; go version; go env",
        &["go install h/x@v1", "go get h/y", "go build ./... (held)", "go mod download (held)"],
    );
    finds(
        "go install ./cmd; go run h/x@latest a; go run . a@b; go build -mod=mod",
        &["go install ./cmd (held)", "go run h/x@latest a", "go run . a@b (held)", "go build"],
    );
    finds(
        "cargo install a --version 1; cargo build --release; cargo build --locked; cargo +nightly build --frozen",
        &["cargo install a", "cargo build", "cargo build (held)", "cargo build (held)"],
    );
    finds(
        "cargo install --locked a; cargo install --locked --path .; cargo fmt; cargo --version",
        &["cargo install a", "cargo install (held)"],
    );
    finds(
        "composer install --no-dev; cpanm -n A::B; cpan C; luarocks install d; opam install e",
        &["composer install", "cpanm A::B", "cpan C", "luarocks install d", "opam install e"],
    );
    finds(
        "cabal install a; cabal update; stack build; nix-env -iA n.a; nix build; nix profile install n#b",
        &["cabal install a", "stack build", "nix-env n.a", "nix build (held)", "nix profile install n#b"],
    );
}

#[test]
fn what_is_no_manager() {
    finds("add-apt-repository ppa:x; apt-add-repository y; dpkg -i https://h/x.deb", &[]);
    finds("apt-get install -y pip npm cargo; echo pip install a; which npm install", &[]);
    finds("# pip install a\n", &[]);
    finds("rm -rf /root/.cache/pip install; cp npm install", &[]);
}

#[test]
fn behind_wrappers_in_shells_and_loops() {
    finds("sudo -u x -E env A=1 timeout -s KILL 10 nice -n 5 pip install a", &["pip install a"]);
    finds("sh -c 'npm i a && npm i b'", &["npm i a", "npm i b"]);
    finds("[\"pip\", \"install\", \"a\"]", &["pip install a"]);
    finds("for p in a b; do pip install $p; done", &["pip install a b"]);
    finds("cat r | xargs -n 1 pip install", &["pip install"]);
    finds("cat r | xargs -n 1 npm install", &["npm install"]);
    finds("if x; then apk add a; else yum install -y b; fi", &["apk add a", "yum install b"]);
    finds("x=$(pip install a)", &["pip install a"]);
    finds("retry 3 pip install a", &["pip install a"]);
    finds("t() { \"$@\"; }; t 3 pip install a", &["pip install a"]);
    finds("p='a b' && apk add $p c $D \"$E\"", &["apk add a b c ?${D} ?${E}"]);
    finds("apk $O add a", &["apk add a"]);
    finds("<<E\npip install a\nnpm ci\nE", &["pip install a", "npm ci (held)"]);
    finds("<<E bash -e\npip install a\nE", &["pip install a"]);
    finds("--mount=type=cache,target=/x pip install \\\n  a \\\n  b", &["pip install a b"]);
    assert_eq!(said("FROM a\nONBUILD RUN npm i a\n"), ["npm i a"]);
}

#[test]
fn it_stands_where_the_name_does() {
    let file = parse("FROM a\nRUN x && \\\n  sudo pip install a\n");
    let place = file.commands().managed[0].place(&file);
    assert_eq!((place.line, place.column), (3, 8));
}

#[test]
fn builds_and_versions() {
    finds("mvn -B -f x/pom.xml package; mvn -v; ./gradlew build; gradle --offline build", &["mvn", "gradle"]);
    finds(
        "dotnet restore; dotnet publish --no-restore -c Release; dotnet tool install x",
        &["dotnet restore", "dotnet tool install"],
    );
    finds("dotnet restore --locked-mode; dotnet --info", &["dotnet restore (held)"]);
    finds("R -e \"install.packages('x')\"; Rscript -e 'print(1)'; Rscript run.R", &["R"]);
    finds("julia -e 'using Pkg; Pkg.add(\"x\")'; julia run.jl", &["julia"]);
    finds("install-php-extensions gd @composer", &["install-php-extensions gd @composer"]);
    finds(
        "python -m spacy download en; playwright install; perl -e 1; wp core download",
        &["spacy download en", "playwright install", "wp core download"],
    );
    finds(". ~/.nvm/nvm.sh && nvm install 20 && nvm use 20", &["version manager install 20"]);
    finds(
        "vcpkg install zlib; conan install . -pr x; ansible-galaxy collection install a.b",
        &["vcpkg install zlib", "conan install .", "ansible-galaxy collection install a.b"],
    );
    finds(
        "conda run -n base pip install six; poetry run pip install y; poetry run pytest",
        &["pip install six", "pip install y"],
    );
}
