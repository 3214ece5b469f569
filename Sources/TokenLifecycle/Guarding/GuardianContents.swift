internal import Credentials
internal import JSON
internal import Secrets

/// All that a guardian needs to revoke by itself, handed over in memory before it is started.
struct GuardianContents: Sendable {
    var lease: Lease
    /// What the descriptions of its tokens say before their tags.
    var text: String
    /// Where the record is; what only its owner can write is left out.
    var places: [LeasePlace]
    var parent: HandedParent
    /// Whether it has to outlive its owner: for a command, which may go on for as long as it likes, or for a job.
    var outlivesOwner: Bool
}

extension GuardianContents {
    init(_ stored: StoredLease, _ access: CloudAccess, _ parent: Parent, for request: MintRequest, in context: Context)
    {
        self.init(
            lease: stored.lease,
            text: request.description(as: stored.lease.id, of: stored.lease.run, in: context).text,
            places: stored.places,
            parent: HandedParent(parent, access.credential, as: "guardian", in: context),
            outlivesOwner: request.guarded != nil || stored.lease.holder == .supervisor
        )
    }

    func encoded() -> Secret {
        JSONText.object { text in
            text.member("lease", String(decoding: lease.encoded(), as: UTF8.self))
            text.member("text", self.text)
            text.member("places", array: places.compactMap(\.coded)) { text, place in
                text.object { $0.member(place.kind, place.path) }
            }
            text.member("parent", object: parent.write)
            text.member("outlivesOwner", outlivesOwner)
        }
    }

    /// nil when it was written by something else.
    init?(encoded: Secret) {
        guard let text = JSONDocument(encoded)?.root,
            let lease = text["lease"]?.string.flatMap({ Lease(encoded: Array($0.utf8)) }),
            let parent = text["parent"].flatMap(HandedParent.init)
        else { return nil }
        self.init(
            lease: lease,
            text: text["text"]?.string ?? "",
            places: text["places"]?.elements?.compactMap(LeasePlace.init(coded:)) ?? [],
            parent: parent,
            outlivesOwner: text["outlivesOwner"]?.bool ?? false
        )
    }
}
