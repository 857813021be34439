#!/usr/bin/env python3
"""Writes archives for tests: make-image.py KIND OUT [SECRET].  A KIND is a function below."""
import gzip
import hashlib
import io
import json
import os
import sys
import tarfile

SYSCTL = b"vm.swappiness = 33\n"


class Tar:
    """A tar in memory, whose headers may say anything."""

    def __init__(self):
        self.bytes = b""

    def add(self, name, data=b"", kind=tarfile.REGTYPE, target="", size=None, pax=None, mode=0o644):
        info = tarfile.TarInfo(name)
        info.type, info.linkname, info.mode = kind, target, mode
        info.size = len(data) if size is None else size
        if pax:
            info.pax_headers = pax
        self.bytes += info.tobuf(tarfile.PAX_FORMAT) + data + bytes(-len(data) % 512)
        return self

    def end(self):
        return self.bytes + bytes(1024)


def good(tar=None):
    return (tar or Tar()).add("etc/", kind=tarfile.DIRTYPE).add("etc/sysctl.d/50-good.conf", SYSCTL)


def write(path, data):
    with open(path, "wb") as file:
        file.write(data)


def layered(*layers):
    """The files of an OCI layout with these layers."""
    files, descriptors = {"oci-layout": b'{"imageLayoutVersion":"1.0.0"}'}, []

    def blob(data, kind):
        digest = hashlib.sha256(data).hexdigest()
        files["blobs/sha256/" + digest] = data
        return {"mediaType": kind, "digest": "sha256:" + digest, "size": len(data)}

    for layer in layers:
        descriptors.append(blob(layer, "application/vnd.oci.image.layer.v1.tar"))
    config = blob(b'{"os":"linux","architecture":"amd64"}', "application/vnd.oci.image.config.v1+json")
    manifest = {"schemaVersion": 2, "config": config, "layers": descriptors}
    image = blob(json.dumps(manifest).encode(), "application/vnd.oci.image.manifest.v1+json")
    files["index.json"] = json.dumps({"schemaVersion": 2, "manifests": [image]}).encode()
    return files, descriptors


def pack(files):
    tar = Tar()
    for name, data in files.items():
        tar.add(name, data)
    return tar.end()


# ---- hostile: what is around the harm must be read ----

def absolute(out, secret):
    write(out, good().add("/etc/sysctl.d/60-absolute.conf", b"vm.dirty_ratio = 31\n").end())


def upward(out, secret):
    write(out, good().add("../../../../../.." + secret, b"overwritten").add("etc/../../x", b"x").end())


def link_out(out, secret):
    tar = good().add("etc/sysctl.d/60-out.conf", kind=tarfile.SYMTYPE, target=secret)
    tar.add("etc/sysctl.d/61-up.conf", kind=tarfile.SYMTYPE, target="../" * 40 + secret)
    write(out, tar.end())


def link_through(out, secret):
    tar = good().add("etc/sysctl.d/60-evil.conf", kind=tarfile.SYMTYPE, target=secret)
    tar.add("etc/sysctl.d/60-evil.conf", b"overwritten\n")
    tar.add("etc/tuned", kind=tarfile.SYMTYPE, target=os.path.dirname(secret))
    tar.add("etc/tuned/" + os.path.basename(secret), b"overwritten\n")
    tar.add("run", kind=tarfile.SYMTYPE, target="../../../../../../../../tmp")
    tar.add("run/keisoku-was-here", b"overwritten\n")
    write(out, tar.end())


def hard_link_out(out, secret):
    tar = good().add("etc/sysctl.d/60-hard.conf", kind=tarfile.LNKTYPE, target=secret)
    tar.add("etc/sysctl.d/61-hard.conf", kind=tarfile.LNKTYPE, target="../../../.." + secret)
    write(out, tar.end())


def loops(out, secret):
    tar = good().add("etc/modprobe.d", kind=tarfile.SYMTYPE, target="modprobe.d")
    tar.add("etc/a", kind=tarfile.SYMTYPE, target="b").add("etc/b", kind=tarfile.SYMTYPE, target="a")
    tar.add("etc/a/x", b"x").add("etc/fstab", kind=tarfile.SYMTYPE, target="/etc/fstab")
    write(out, tar.end())


def devices(out, secret):
    tar = good()
    for name, kind in (("fifo", tarfile.FIFOTYPE), ("char", tarfile.CHRTYPE), ("block", tarfile.BLKTYPE)):
        tar.add("etc/sysctl.d/60-%s.conf" % name, kind=kind)
        tar.add("proc/%s" % name, kind=kind)
    write(out, tar.add("proc/meminfo", kind=tarfile.FIFOTYPE).end())


def names(out, secret):
    tar = good()
    for name in ("a\nb", "\x1b[31mred", "$(reboot)", "it's", "-rf", "`id`", "ü", "x" * 255):
        tar.add("etc/sysctl.d/%s.conf" % name[:250], b"vm.dirty_ratio = 31\n")
        tar.add("sys/block/%s/queue/scheduler" % name, b"none [mq-deadline]\n")
    write(out, tar.end())


def deep(out, secret):
    tar = good()
    tar.add("etc/" + "d/" * 2000 + "x", b"x").add("sys/fs/cgroup/" + "d/" * 100 + "cpu.max", b"max 100000\n")
    tar.add("etc/" + "n" * 300, b"x").add("etc/" + "n/" * 120 + "y", kind=tarfile.SYMTYPE, target="z" * 5000)
    write(out, tar.end())


def duplicates(out, secret):
    tar = good()
    for i in range(2000):
        tar.add("etc/sysctl.d/60-twice.conf", b"vm.dirty_ratio = %d\n" % (i % 40 + 1))
        tar.add("etc/flip", kind=(tarfile.DIRTYPE, tarfile.REGTYPE, tarfile.SYMTYPE)[i % 3], target="x")
    write(out, tar.add("etc/sysctl.d/60-twice.conf", b"vm.dirty_ratio = 31\n").end())


def sparse(out, secret):
    """A GNU sparse file of a terabyte where a small one is read."""
    info = tarfile.TarInfo("proc/vmstat")
    info.type, info.size = tarfile.GNUTYPE_SPARSE, 0
    header = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    header[386:398] = b"00000000000\0"
    header[398:410] = b"00000000000\0"
    header[482] = 0
    header[483:495] = b"\x80" + (1 << 40).to_bytes(11, "big")
    header[148:156] = b"        "
    header[148:156] = b"%06o\0 " % sum(header)
    write(out, good().bytes + bytes(header) + bytes(1024))


def large(out, secret):
    """A file of 80 MiB where a small one is read."""
    write(out, good().add("etc/sysctl.d/60-large.conf", bytes(80 << 20)).end())


# ---- damaged: refused ----

def cut(out, secret):
    write(out, good().add("etc/fstab", bytes(5000)).bytes[:-2000])


def cut_between(out, secret):
    write(out, good().add("etc/fstab", b"x" * 512).bytes)


def cut_gzip(out, secret):
    write(out, gzip.compress(good().add("etc/fstab", os.urandom(5000)).end())[:-3000])


def damaged_gzip(out, secret):
    data = bytearray(gzip.compress(good().add("etc/fstab", os.urandom(5000)).end()))
    for i in range(40, len(data) - 40, 97):
        data[i] ^= 0xff
    write(out, data)


def lying_size(out, secret):
    write(out, good().add("etc/fstab", b"short", size=1 << 40).end())


def lying_skipped(out, secret):
    write(out, good().add("home/large", b"short", size=1 << 50).end())


def bomb(out, secret):
    """A GiB of zeros where nothing is kept, in one MiB."""
    with gzip.open(out, "wb", compresslevel=6) as file:
        file.write(good().bytes)
        info = tarfile.TarInfo("home/zeros")
        info.size = 1 << 30
        file.write(info.tobuf(tarfile.GNU_FORMAT))
        chunk = bytes(1 << 20)
        for _ in range(1024):
            file.write(chunk)
        file.write(bytes(1024))


def random(out, secret):
    write(out, os.urandom(100000))


def garbage_header(out, secret):
    write(out, good().bytes + os.urandom(4096))


def empty(out, secret):
    write(out, bytes(10240))


def nothing(out, secret):
    write(out, b"")


def zip_archive(out, secret):
    write(out, b"PK\3\4" + bytes(2000))


def ext4(out, secret):
    write(out, bytes(1080) + b"\x53\xef" + bytes(3000))


def other_files(out, secret):
    write(out, Tar().add("holiday/picture.jpg", b"x").add("readme", b"x").end())


# ---- images that are wrong: refused, with the layer ----

def layer_missing(out, secret):
    files, descriptors = layered(good().end(), Tar().add("etc/x", b"x").end())
    del files["blobs/sha256/" + descriptors[1]["digest"][7:]]
    write(out, pack(files))


def layer_no_tar(out, secret):
    write(out, pack(layered(good().end(), b"this is no layer" * 100)[0]))


def layer_cut(out, secret):
    files, descriptors = layered(good().end(), gzip.compress(Tar().add("etc/x", os.urandom(9000)).end()))
    name = "blobs/sha256/" + descriptors[1]["digest"][7:]
    files[name] = files[name][:-4000]
    write(out, pack(files))


def layer_path_out(out, secret):
    tar = Tar().add("manifest.json", json.dumps([{"Layers": ["../../../.." + secret]}]).encode())
    write(out, tar.add("etc/x", b"x").end())


def layer_link_out(out, secret):
    tar = Tar().add("manifest.json", json.dumps([{"Layers": ["a/layer.tar"]}]).encode())
    write(out, tar.add("a/layer.tar", kind=tarfile.SYMTYPE, target=secret).end())


def index_loop(out, secret):
    """Digests leave no circle, but a chain as long as one likes."""
    files, index = {"oci-layout": b"{}"}, b"{}"
    for _ in range(20):
        digest = hashlib.sha256(index).hexdigest()
        files["blobs/sha256/" + digest] = index
        index = json.dumps({"manifests": [{"digest": "sha256:" + digest}]}).encode()
    write(out, pack({**files, "index.json": index}))


def index_damaged(out, secret):
    write(out, pack({"oci-layout": b"{}", "index.json": b'{"manifests": ['}))


def changed(out, number, make=pack):
    """One bit of a blob is another than when it got its name."""
    files, descriptors = layered(good().end(), gzip.compress(Tar().add("etc/x", b"x" * 5000).end()))
    names = ["blobs/sha256/" + d["digest"][7:] for d in descriptors]
    names.append("blobs/sha256/" + json.loads(files["index.json"])["manifests"][0]["digest"][7:])
    data = bytearray(files[names[number]])
    data[-8 if number == 1 else 20] ^= 1
    files[names[number]] = bytes(data)
    write(out, make(files))


def layer_changed(out, secret):
    changed(out, 0)


def layer_changed_gzip(out, secret):
    changed(out, 1)


def manifest_changed(out, secret):
    changed(out, 2)


def digest_unknown(out, secret):
    index = json.dumps({"manifests": [{"digest": "blake3:" + "0" * 64}]}).encode()
    write(out, pack({"oci-layout": b"{}", "index.json": index}))


def layer_swapped(out, secret):
    """Another file under the name of a layer: a link to a blob that is what its own name says, and a hard link."""
    files, descriptors = layered(good().end(), Tar().add("etc/x", b"x").end())
    wanted, other = ["blobs/sha256/" + d["digest"][7:] for d in descriptors]
    del files[wanted]
    tar = Tar()
    for name, data in files.items():
        tar.add(name, data)
    tar.add(wanted, kind=tarfile.LNKTYPE, target=other)
    manifest = json.loads(files["index.json"])["manifests"][0]["digest"][7:]
    text = json.loads(files["blobs/sha256/" + manifest])
    text["layers"][0]["size"] = text["layers"][1]["size"]
    data = json.dumps(text).encode()
    digest = hashlib.sha256(data).hexdigest()
    index = json.dumps({"manifests": [{"digest": "sha256:" + digest}]}).encode()
    write(out, tar.add("blobs/sha256/" + digest, data).add("index.json", index).end())


def foreign_layer(out, secret):
    files, _ = layered(good().end())
    old = [n for n in files if b'"layers"' in files[n]][0]
    data = files.pop(old).replace(b"application/vnd.oci.image.layer.v1.tar", b"application/vnd.in-toto+json")
    digest = hashlib.sha256(data).hexdigest()
    files["blobs/sha256/" + digest] = data
    files["index.json"] = json.dumps({"manifests": [{"digest": "sha256:" + digest}]}).encode()
    write(out, pack(files))


# ---- small archives that ask for much work ----

def header(name, kind=tarfile.REGTYPE, target=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info.tobuf(tarfile.USTAR_FORMAT)


def crowd(count):
    return good().bytes + b"".join(header("home/x/%d" % i) for i in range(count))


def work_opaque(out, secret):
    """A directory of many files is made opaque again and again."""
    layer = gzip.compress(header("home/x/.wh..wh..opq") * 6000 + bytes(1024))
    write(out, pack(layered(crowd(20000) + bytes(1024), layer)[0]))


def work_flip(out, secret):
    """It becomes a file and a directory in turn."""
    write(out, crowd(20000) + (header("home/x") + header("home/x", tarfile.DIRTYPE)) * 6000 + bytes(1024))


def work_links(out, secret):
    """Each entry stands behind links of links, of two thousand components each."""
    tar, last = good().add("home/t/", kind=tarfile.DIRTYPE), "t"
    for i in range(38):
        tar.add("home/l%d" % i, kind=tarfile.SYMTYPE, target="./" * 2000 + last)
        last = "l%d" % i
    write(out, tar.bytes + b"".join(header("home/%s/%d" % (last, i)) for i in range(2000)) + bytes(1024))


def work_layers(out, secret):
    """One layer a thousand times."""
    layer = b"".join(header("home/y/%d" % i) for i in range(15000)) + bytes(1024)
    tar = Tar().add("a.tar", layer)
    write(out, tar.add("manifest.json", json.dumps([{"Layers": ["a.tar"] * 1000}]).encode()).end())


def layer_bombs(out, secret):
    """Layers that expand a thousand times each, of files that nobody keeps."""
    layers = [gzip.compress(Tar().add("home/%d" % i, bytes(24 << 20)).end(), 6) for i in range(24)]
    write(out, pack(layered(good().end(), *layers)[0]))


# ---- pax headers that lie ----

def pax(out, records, name="etc/sysctl.d/60-x.conf", kind=tarfile.XHDTYPE, data=b"vm.dirty_ratio = 31\n"):
    head = tarfile.TarInfo("pax")
    head.type, head.size = kind, len(records)
    info = tarfile.TarInfo(name)
    info.size = len(data)
    tar = good()
    tar.bytes += head.tobuf(tarfile.USTAR_FORMAT) + records + bytes(-len(records) % 512)
    write(out, tar.bytes + info.tobuf(tarfile.USTAR_FORMAT) + data + bytes(-len(data) % 512) + bytes(1024))


def record(key, value):
    body = b" " + key.encode() + b"=" + value + b"\n"
    length = len(body)
    while len(str(length)) + len(body) != length:
        length = len(str(length)) + len(body)
    return str(length).encode() + body


def pax_size(out, secret):
    pax(out, record("size", b"%d" % (1 << 62)))


def pax_negative(out, secret):
    pax(out, record("size", b"-5"))


def pax_large(out, secret):
    pax(out, record("comment", b"x" * (20 << 20)))


def pax_sparse_count(out, secret):
    pax(out, record("GNU.sparse.major", b"1") + record("GNU.sparse.minor", b"0") + record("GNU.sparse.realsize", b"20"),
        data=b"999999999999\n0\n20\n" + bytes(493) + b"vm.dirty_ratio = 31\n")


def pax_sparse(out, secret):
    """A petabyte of holes where a small file is read."""
    pax(out, record("GNU.sparse.major", b"1") + record("GNU.sparse.minor", b"0") +
        record("GNU.sparse.name", b"etc/sysctl.d/60-holes.conf") + record("GNU.sparse.realsize", b"%d" % (1 << 50)),
        data=b"1\n0\n20\n" + bytes(505) + b"vm.dirty_ratio = 31\n")


def pax_deep(out, secret):
    """A path of 100,000 components."""
    pax(out, record("path", b"etc/" + b"d/" * 100000 + b"x"))


def pax_records(out, secret):
    """Lengths that are none, a zero byte in a name, a link as long as a book; headers for all that follows."""
    tar = good()
    for records in (b"99999999999 path=x\n", b"0 path=x\n", b"11 path=x", record("path", b"etc/sysctl.d/60-\0nul.conf"),
                    record("linkpath", b"l/" * 400000)):
        head = tarfile.TarInfo("pax")
        head.type, head.size = tarfile.XHDTYPE, len(records)
        tar.bytes += head.tobuf(tarfile.USTAR_FORMAT) + records + bytes(-len(records) % 512)
        tar.bytes += header("etc/sysctl.d/61-link.conf", tarfile.SYMTYPE, "x")
    head = tarfile.TarInfo("pax")
    head.type = tarfile.XGLTYPE
    records = record("size", b"1000000000000") + record("path", b"etc/sysctl.d/99-all.conf")
    head.size = len(records)
    write(out, tar.bytes + head.tobuf(tarfile.USTAR_FORMAT) + records + bytes(-len(records) % 512) + bytes(1024))


def deep_links(out, secret):
    """Links lead from the end of each deep directory to the next."""
    tar, last = good(), "home/" + "d/" * 40
    tar.add(last, kind=tarfile.DIRTYPE)
    for i in range(500):
        tar.add("home/k%d" % i, kind=tarfile.SYMTYPE, target="/" + last)
        last = "home/k%d/" % i + "d/" * 40
        tar.add(last, kind=tarfile.DIRTYPE)
    write(out, tar.end())


# ---- good ones ----

def plain(out, secret):
    write(out, good().end())


def whiteouts(out, secret):
    """Three layers: a key is removed, one replaced, a directory made opaque."""
    base = good().add("etc/sysctl.d/60-gone.conf", b"vm.dirty_ratio = 31\n")
    base.add("etc/modprobe.d/old.conf", b"options zram num_devices=9\n")
    base.add("usr/lib/sysctl.d/10-replaced.conf", b"vm.max_map_count = 1\n")
    base.add("lib", kind=tarfile.SYMTYPE, target="usr/lib")
    second = Tar().add("etc/sysctl.d/.wh.60-gone.conf").add("lib/sysctl.d/10-replaced.conf", b"vm.max_map_count = 70000\n")
    third = Tar().add("etc/modprobe.d/.wh..wh..opq").add("etc/modprobe.d/new.conf", b"options zram num_devices=2\n")
    files, _ = layered(base.end(), gzip.compress(second.end()), third.end())
    write(out, pack(files))


def flattened(out, secret):
    """The same as one tree."""
    tar = good().add("usr/lib/sysctl.d/10-replaced.conf", b"vm.max_map_count = 70000\n")
    tar.add("lib", kind=tarfile.SYMTYPE, target="usr/lib").add("etc/modprobe.d/new.conf", b"options zram num_devices=2\n")
    write(out, tar.end())


def docker(out, secret):
    """docker save in its old form: layers before the manifest and in another order, one of them a link."""
    layers = [Tar().add("etc/sysctl.d/.wh.60-gone.conf").end(),
              good().add("etc/sysctl.d/60-gone.conf", b"vm.dirty_ratio = 31\n").end()]
    tar = Tar().add("bb/layer.tar", layers[0]).add("cc.tar", layers[1])
    tar.add("aa/layer.tar", kind=tarfile.SYMTYPE, target="../cc.tar").add("config.json", b"{}")
    manifest = [{"Config": "config.json", "RepoTags": ["node:1"], "Layers": ["aa/layer.tar", "bb/layer.tar"]}]
    write(out, tar.add("manifest.json", json.dumps(manifest).encode()).end())


def linked(out, secret):
    """A file that is only reached by a link, and comes before it."""
    tar = Tar().add("opt/tuning/real.conf", b"vm.dirty_ratio = 31\n").add("opt/tuning/hard.conf", b"vm.max_map_count = 70000\n")
    tar.add("etc/sysctl.d/60-linked.conf", kind=tarfile.SYMTYPE, target="../../opt/current/real.conf")
    tar.add("opt/current", kind=tarfile.SYMTYPE, target="tuning")
    tar.add("etc/sysctl.d/61-hard.conf", kind=tarfile.LNKTYPE, target="opt/tuning/hard.conf")
    write(out, good(tar).end())


if __name__ == "__main__":
    globals()[sys.argv[1]](sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else "/nonexistent")
