internal import HostSystem
internal import JSON
internal import PulumiCloud
internal import Secrets
internal import Supervision

/// How a record is written. Members are only ever added; a reader skips those that it does not know.
extension Lease {
    /// The largest record that is read, in bytes.
    package static let encodedLimit = 1 << 16

    /// One line of JSON, which holds no secret.
    package func encoded() -> [UInt8] {
        let text = JSONText.plainObject { lease in
            lease.member("version", Int64(version))
            lease.member("id", id.rawValue)
            lease.member("session", session)
            lease.member("cloud", cloud)
            kind.write(to: &lease)
            lease.member("run", run.rawValue)
            lease.member("holder", holder.rawValue)
            lease.member("owner", object: owner.write)
            lease.member("created", created)
            lease.member("parent", parent.rawValue)
            lease.member("unresolved", array: unresolved) { text, entry in
                text.object { entry.write(to: &$0) }
            }
            lease.member("tokenID", tokenID?.rawValue)
            lease.member("token", token?.fingerprint?.rawValue)
            lease.member("expires", token?.expires)
            lease.member("clockOffset", clockOffset)
            lease.member("description", token?.description)
            if token?.isEndingItself == true { lease.member("isEndingItself", true) }
            lease.replaceableMember("isExported", isExported)
            lease.member("isRevocable", isRevocable)
            lease.member("requestTimeout", requestTimeout)
            lease.member("folder", folder)
            if !files.isEmpty {
                lease.member("files", array: files) { text, file in text.object { file.write(to: &$0) } }
            }
            if let job { lease.member("job", object: job.write) }
            if outlivesJob { lease.member("outlivesJob", true) }
            lease.member("slot", slot)
            lease.member("variable", variable)
            lease.member("executable", executable)
            lease.member("helper", helper)
        }
        return Array(text.utf8)
    }

    /// nil for anything that is not a record of this version.
    package init?(encoded: [UInt8]) {
        guard let record = JSONDocument(Secret(encoded))?.root,
            record["version"]?.integer == Int64(Self.currentVersion),
            let id = record["id"]?.string.flatMap(Nonce.init(rawValue:)),
            let session = record["session"]?.string, let cloud = record["cloud"]?.string,
            let kind = TokenKind(record: record),
            let run = record["run"]?.string.flatMap(RunTag.init(rawValue:)),
            let holder = record["holder"]?.string.flatMap(Holder.init(rawValue:)),
            let owner = record["owner"].flatMap(ProcessIdentity.init(record:)),
            let created = record["created"]?.seconds, let parent = record["parent"]?.string,
            let requestTimeout = record["requestTimeout"]?.seconds
        else { return nil }
        self.init(
            id: id,
            session: session,
            cloud: cloud,
            kind: kind,
            run: run,
            holder: holder,
            owner: owner,
            created: created,
            parent: Fingerprint(rawValue: parent),
            requestTimeout: requestTimeout
        )
        guard readToken(record) else { return nil }
    }

    /// What the record says of tokens; false when it cannot be understood.
    private mutating func readToken(_ record: JSONNode) -> Bool {
        guard let entries = record["unresolved"]?.elements, let isExported = record["isExported"]?.bool,
            let isRevocable = record["isRevocable"]?.bool
        else { return false }
        for entry in entries {
            guard let entry = Unresolved(record: entry) else { return false }
            unresolved.append(entry)
        }
        clockOffset = record["clockOffset"]?.offset
        folder = record["folder"]?.string
        files = record["files"]?.elements?.compactMap(FileMark.init(record:)) ?? []
        job = record["job"].flatMap(WatchedProcess.init(record:))
        outlivesJob = record["outlivesJob"]?.bool ?? false
        slot = record["slot"]?.string
        variable = record["variable"]?.string
        executable = record["executable"]?.string
        helper = record["helper"]?.string
        if let expires = record["expires"]?.seconds {
            token = Token(
                id: record["tokenID"]?.string.flatMap(TokenID.init(rawValue:)),
                fingerprint: record["token"]?.string.map(Fingerprint.init(rawValue:)),
                expires: expires,
                description: record["description"]?.string
            )
            token?.isEndingItself = record["isEndingItself"]?.bool ?? false
        }
        guard record["tokenID"] == nil || tokenID != nil else { return false }
        self.isExported = isExported
        self.isRevocable = isRevocable
        return true
    }
}

extension Lease.Unresolved {
    fileprivate func write(to entry: inout JSONText) {
        entry.member("nonce", nonce.rawValue)
        entry.member("since", since)
        entry.member("expires", expires)
    }

    fileprivate init?(record: JSONNode) {
        guard let nonce = record["nonce"]?.string.flatMap(Nonce.init(rawValue:)), let since = record["since"]?.seconds,
            let expires = record["expires"]?.seconds
        else { return nil }
        self.init(nonce: nonce, since: since, expires: expires)
    }
}

extension TokenKind {
    /// A record of an earlier version says nothing of a kind: its token is personal.
    fileprivate init?(record: JSONNode) {
        let texts = ["kind", "organization", "team"].map { (node: record[$0], text: record[$0]?.string) }
        guard texts.allSatisfy({ $0.node == nil || $0.text != nil }) else { return nil }
        self.init(name: texts[0].text ?? "personal", organization: texts[1].text, team: texts[2].text)
    }
}

extension ProcessIdentity {
    fileprivate func write(to owner: inout JSONText) {
        owner.member("machine", machine)
        owner.member("boot", boot)
        owner.member("namespace", namespace)
        owner.member("pid", Int64(pid))
        owner.member("startTime", startTime.flatMap { Int64(exactly: $0) })
    }

    fileprivate init?(record: JSONNode) {
        guard let pid = record["pid"]?.integer.flatMap({ Int32(exactly: $0) }) else { return nil }
        self.init(
            machine: record["machine"]?.string,
            boot: record["boot"]?.string,
            namespace: record["namespace"]?.string,
            pid: pid,
            startTime: record["startTime"]?.integer.flatMap { UInt64(exactly: $0) }
        )
    }
}

extension FileMark {
    func write(to file: inout JSONText) {
        file.member("path", path)
        file.member("inode", inode)
        file.member("size", size)
        file.member("modified", modified)
    }

    init?(record: JSONNode) {
        guard let path = record["path"]?.string, let inode = record["inode"]?.integer,
            let size = record["size"]?.integer, let modified = record["modified"]?.integer
        else { return nil }
        self.init(path: path, inode: inode, size: size, modified: modified)
    }
}

extension WatchedProcess {
    fileprivate func write(to job: inout JSONText) {
        job.member("pid", Int64(pid))
        job.member("startTime", Int64(exactly: startTime))
    }

    fileprivate init?(record: JSONNode) {
        guard let pid = record["pid"]?.integer.flatMap({ Int32(exactly: $0) }),
            let startTime = record["startTime"]?.integer.flatMap({ UInt64(exactly: $0) })
        else { return nil }
        self.init(pid: pid, startTime: startTime)
    }
}

extension JSONNode {
    /// A length of time, or Unix time up to the year 9999: what a planted record says beyond that would overflow sums.
    fileprivate var seconds: Int64? {
        integer.flatMap { (0...Self.lastMoment).contains($0) ? $0 : nil }
    }

    /// A difference between two such times.
    fileprivate var offset: Int64? {
        integer.flatMap { (-Self.lastMoment...Self.lastMoment).contains($0) ? $0 : nil }
    }
}
