"""Builds the image and runs it without a container daemon: buildah in a chroot, on a base made by debootstrap.

`run_image` does what `docker run --read-only --cap-drop ALL --network host` does: namespaces of its own for processes
and mounts, the root file system read-only, nothing writable but /tmp and the volumes, the image's user, environment, folder
and entrypoint, and the entrypoint as process 1.
"""

import contextlib
import json
import os
import shlex
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from batchpub import __version__

ROOT = Path(__file__).parents[2]
SUITE = "trixie"  # the Debian, and so the Python, of the image that the Dockerfile names
PACKAGES = "python3-minimal,python3-venv,python-is-python3,ca-certificates"
DRIVERS = ("overlay", "vfs")  # the second copies whole file systems at every step, and works everywhere
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
BASE = "localhost/base"
IMAGE = "localhost/batchpub"


class CannotBuild(Exception):
    """This machine cannot build the image; the text says why."""


@dataclass(frozen=True)
class Store:
    """Where buildah keeps its images: a folder of our own, so that nothing of the machine's is touched."""

    folder: Path
    driver: str

    def buildah(self, *words, seconds=1500):
        """Run buildah and give what it prints."""
        home = ["--root", str(self.folder / "root"), "--runroot", str(self.folder / "run")]
        home += ["--storage-driver", self.driver]
        done = subprocess.run(["buildah", *home, *words], capture_output=True, text=True, timeout=seconds, check=False)
        if done.returncode:
            raise AssertionError(f"buildah {shlex.join(words)}: exit {done.returncode}\n{done.stderr[-4000:]}")
        return done.stdout.strip()

    def mount(self, image):
        """Give the folder in which the image's files are."""
        return Path(self.buildah("mount", self.buildah("from", image)))

    def config(self, image):
        """Give the image's configuration as the Open Container Initiative writes it down."""
        return json.loads(self.buildah("inspect", "--type", "image", image))["OCIv1"]["config"]


def open_store(folder):
    """Give a store with the quickest driver that works in this folder, which is none that pytest would clear away.

    Raises:
        CannotBuild: none works.

    """
    why = ""
    for driver in DRIVERS:
        store = Store(folder=folder / driver, driver=driver)
        try:
            store.mount("scratch")
            store.buildah("rm", "--all")
        except AssertionError as error:  # without netavark, say
            why = str(error)[-200:]
        else:
            return store
    raise CannotBuild(f"buildah does not work here: {why}")


def remove_store(folder):
    """Leave nothing behind, and nothing mounted."""
    mounted = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    for place in reversed([place for place in mounted if Path(place).is_relative_to(folder)]):
        subprocess.run(["umount", place], check=True)
    shutil.rmtree(folder)


def why_not():
    """Say why this machine cannot build an image, or nothing."""
    missing = [name for name in ("buildah", "debootstrap", "unshare", "chroot") if shutil.which(name) is None]
    if missing:
        return f"there is no {' and no '.join(missing)} on this machine"
    if os.geteuid() != 0:
        return "debootstrap and mounts need root"
    tried = subprocess.run(["unshare", "--mount", "--pid", "--fork", "true"], capture_output=True, check=False)
    if tried.returncode:
        return "this machine allows no namespaces"
    tried = subprocess.run(["buildah", "info"], capture_output=True, text=True, check=False)
    return f"buildah does not work here: {tried.stderr.strip()[-200:]}" if tried.returncode else ""


def build_base(store):
    """Make the base: a minimal Debian with Python, which trusts whom this machine trusts.

    Raises:
        CannotBuild: Debian's packages cannot be had from here.

    """
    container = store.buildah("from", "scratch")
    rootfs = store.buildah("mount", container)
    told = ["debootstrap", "--variant=minbase", f"--include={PACKAGES}", SUITE, rootfs]
    made = subprocess.run(told, capture_output=True, text=True, timeout=300, check=False)
    if made.returncode:
        raise CannotBuild(f"debootstrap: exit {made.returncode}: {made.stdout[-500:]}")
    settings = [("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin")]
    if CERTIFICATES.exists():
        shutil.copy(CERTIFICATES, Path(rootfs) / "etc/ssl/certs/ca-certificates.crt")
        settings.append(("PIP_CERT", str(CERTIFICATES)))
    settings += [(name, os.environ[name]) for name in ("PIP_INDEX_URL",) if name in os.environ]
    store.buildah("config", *(f"--env={name}={value}" for name, value in settings), container)
    store.buildah("umount", container)
    store.buildah("commit", "--rm", "-q", container, BASE)


def build_image(store):
    """Build the Dockerfile as it is on that base."""
    store.buildah(
        "bud", "--isolation", "chroot", "--build-arg", f"BASE={BASE}", "--build-arg", f"VERSION={__version__}", "--build-arg", "REVISION=tested", "-t", IMAGE, str(ROOT)
    )  # fmt: skip


@dataclass(frozen=True)
class Runner:
    """Runs the image's entrypoint, each time with the same files. What is mounted on must be there: `make_places`."""

    rootfs: Path
    config: dict

    def make_places(self, *places):
        """Make folders to mount on, as a container's engine does."""
        for place in places:
            (self.rootfs / place.lstrip("/")).mkdir(parents=True, exist_ok=True)

    def make_files(self, *places):
        """Make empty files to mount a file on."""
        for place in places:
            (self.rootfs / place.lstrip("/")).parent.mkdir(parents=True, exist_ok=True)
            (self.rootfs / place.lstrip("/")).touch()

    @contextlib.contextmanager
    def running(self, *words, volumes, environment=None, user=None):
        """Start it, as another "user:group" than the image's if need be, and leave no process behind. `volumes` are folders by the place they are mounted on, read-only where the place ends in ":ro"."""
        user, group = (user or self.config["User"]).split(":")
        values = dict(pair.split("=", 1) for pair in self.config["Env"]) | {"HOME": "/state"} | (environment or {})
        entrypoint = [*self.config["Entrypoint"], *words]
        inside = [
            f"mount --bind {self.rootfs} {self.rootfs}",
            f"mount -t proc proc {self.rootfs}/proc",
            f"mount --bind /dev {self.rootfs}/dev",
            f"mount -t tmpfs -o mode=1777 tmpfs {self.rootfs}/tmp",
            *(line for place, folder in volumes.items() for line in self._bind(place, folder)),
            f"mount -o remount,bind,ro {self.rootfs}",
            f"cd {self.rootfs}",
            "exec env -i "
            + shlex.join(f"{name}={value}" for name, value in values.items())
            + f" chroot {self.rootfs} setpriv --reuid={user} --regid={group} --clear-groups"
            + " --no-new-privs --bounding-set=-all --inh-caps=-all "
            + shlex.join(["/bin/sh", "-c", 'cd "$0" && exec "$@"', self.config["WorkingDir"], *entrypoint]),
        ]
        command = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-ec", "\n".join(inside)]
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        with subprocess.Popen(command, text=True, **streams) as process:
            try:
                yield process
            finally:
                process.kill()

    def run(self, *words, volumes, seconds=120, **more):
        """Run it to its end."""
        with self.running(*words, volumes=volumes, **more) as process:
            out, err = process.communicate(timeout=seconds)
        return subprocess.CompletedProcess(words, process.returncode, out, err)

    def _bind(self, place, folder):
        aim = f"{self.rootfs}{place.removesuffix(':ro')}"
        yield f"mount --bind {folder} {aim}"
        if place.endswith(":ro"):
            yield f"mount -o remount,bind,ro {aim}"


def process_one(process):
    """Give the host's number of the process that is 1 inside."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    for _ in range(100):
        if told := children.read_text().split():
            return int(told[0])
        time.sleep(0.05)
    raise AssertionError("unshare started nothing")


def terminate(process):
    """Do what `docker stop` does first: SIGTERM to process 1."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(process_one(process), signal.SIGTERM)


def size_of(folder):
    """Give the bytes that a folder takes."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir() or path.is_symlink())
