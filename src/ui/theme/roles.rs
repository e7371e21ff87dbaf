//! The roles that colours play.

/// Makes the structs of roles from one table each, with the names that theme files use, and a way through all of them.
macro_rules! roles {
    (
        $(#[$outer:meta])*
        $Name:ident { $($(#[$doc:meta])* $field:ident: $key:literal,)* }
        $(with { $($(#[$group_doc:meta])* $group:ident: $Group:ident,)* })?
    ) => {
        $(#[$outer])*
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
        pub struct $Name<T> {
            $($(#[$doc])* pub $field: T,)*
            $($($(#[$group_doc])* pub $group: $Group<T>,)*)?
        }

        impl<T> $Name<T> {
            /// Joins what two tables have for each role.
            pub(super) fn try_zip<U, V, E>(
                self,
                other: $Name<U>,
                join: &mut impl FnMut(&'static str, T, U) -> Result<V, E>,
            ) -> Result<$Name<V>, E> {
                Ok($Name {
                    $($field: join($key, self.$field, other.$field)?,)*
                    $($($group: self.$group.try_zip(other.$group, join)?,)*)?
                })
            }
        }
    };
}

roles! {
    /// Something for every role: a paint in a theme, a style on the screen.
    Roles {
        /// Everything that is read and is not more or less than that.
        text: "text",
        /// The few values that matter most.
        strong: "strong",
        /// What is there to be found and not to be looked at: labels, hints, ages.
        dim: "dim",
        /// Frames and axes.
        frame: "frame",
        /// What a pane is.
        title: "title",
        /// What has the focus.
        accent: "accent",
        /// What everything is drawn on.
        background: "background",
        /// The chosen row.
        selection: "selection",
        /// Marks on a curve.
        mark: "mark",
        /// What needs a person's attention.
        warning: "warning",
        /// What is done of something.
        progress: "progress",
    } with {
        /// States of a run.
        state: StateRoles,
        /// Curves on a chart.
        curve: CurveRoles,
        /// Weights of a kernel.
        kernel: KernelRoles,
    }
}

roles! {
    /// Something for every state of a run.
    StateRoles {
        /// It trains.
        running: "state.running",
        /// It waits to go on.
        paused: "state.paused",
        /// It is over, and all is well.
        ended: "state.ended",
        /// It is over, and that was not meant.
        failed: "state.failed",
        /// It waits to begin.
        queued: "state.queued",
    }
}

roles! {
    /// Something for every curve on a chart.
    CurveRoles {
        /// Of the training set.
        train: "curve.train",
        /// Of the test set.
        test: "curve.test",
        /// The training set's single steps, under their smoothed curve.
        raw: "curve.raw",
    }
}

roles! {
    /// Something for the ends and the middle of the scale of weights.
    KernelRoles {
        /// The lowest weight.
        negative: "kernel.negative",
        /// A weight of zero.
        zero: "kernel.zero",
        /// The highest weight.
        positive: "kernel.positive",
    }
}

impl<T> Roles<T> {
    /// The same roles with something else for each.
    pub(super) fn map<V>(self, mut change: impl FnMut(T) -> V) -> Roles<V> {
        self.zip(Roles::<()>::default(), |value, ()| change(value))
    }

    /// Joins what two tables have for each role.
    pub(super) fn zip<U, V>(self, other: Roles<U>, mut join: impl FnMut(T, U) -> V) -> Roles<V> {
        let joined = self.try_zip(other, &mut |_, a, b| Ok::<_, std::convert::Infallible>(join(a, b)));
        match joined {
            Ok(roles) => roles,
            Err(never) => match never {},
        }
    }
}

/// The names of all roles, as theme files have them.
pub(super) fn names() -> Vec<&'static str> {
    let mut names = Vec::new();
    let collected = Roles::<()>::default().try_zip(Roles::<()>::default(), &mut |name, (), ()| {
        names.push(name);
        Ok::<_, std::convert::Infallible>(())
    });
    match collected {
        Ok(_) => names,
        Err(never) => match never {},
    }
}
