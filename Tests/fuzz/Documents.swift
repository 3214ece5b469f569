import Glibc
import HostSystem
import JSON
import PulumiCloud
import Secrets
import TokenLifecycle

@testable import Credentials

/// A document is understood as a whole or not at all, and every value can be asked for in every way.
func readJSON(_ bytes: UnsafeRawBufferPointer) {
    guard let document = JSONDocument(Secret(copying: bytes)) else { return }
    visit(document.root, depth: 0)
}

private func visit(_ node: JSONNode, depth: Int) {
    require(depth <= JSONDocument.depthLimit, "a document is no deeper than its limit")
    _ = (node.integer, node.moment, node.bool, node.isNull, node["id"]?.string)
    if let string = node.string {
        require(node.secret == Secret(string), "a string is the same as a secret and as text")
    }
    for element in node.elements.map({ Array($0) }) ?? [] { visit(element, depth: depth + 1) }
    for member in node.members { visit(member.value, depth: depth + 1) }
}

/// A record that is understood is written as it was read, and its times can be told and added.
func readLease(_ bytes: UnsafeRawBufferPointer) {
    guard let lease = Lease(encoded: Array(bytes)) else { return }
    require(Lease(encoded: lease.encoded()) == lease, "a lease is written as it was read")
    for entry in lease.unresolved {
        _ = (entry.since + lease.requestTimeout, entry.expires + lease.requestTimeout, 0 - entry.since)
    }
    _ = Moment(lease.lastExpiry).description
}

/// What the Pulumi CLI remembers; it is read from a file.
func readCredentials(_ bytes: UnsafeRawBufferPointer) {
    let folder = "/dev/shm/pulumi-token-fuzz-\(getpid())"
    mkdir(folder, 0o700)
    let file = open(folder + "/credentials.json", O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    require(file >= 0 && write(file, bytes.baseAddress, bytes.count) == bytes.count, "a file can be written")
    close(file)
    let environment = Environment(["PULUMI_CREDENTIALS_PATH": folder])
    guard let login = try? PulumiLogin.load(environment, by: .patient) else { return }
    let named = login.current.flatMap { try? CloudURL($0) }
    for cloud in [named, try? CloudURL("https://api.pulumi.com")].compactMap(\.self) {
        _ = try? login.entry(for: cloud, now: 1_800_000_000)
    }
}

/// What an identity token says of itself, told to people.
func readIdentity(_ bytes: UnsafeRawBufferPointer) {
    guard let claims = IdentityClaims(Secret(copying: bytes)) else { return }
    for phrase in claims.oddities(expecting: "urn:pulumi:org:acme", now: 1_800_000_000) {
        require(!phrase.utf8.contains { $0 < 0x20 || $0 == 0x7f }, "what is told is one line")
    }
}
