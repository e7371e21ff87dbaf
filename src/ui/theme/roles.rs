//! The roles of a theme.

/// Declares a struct of roles with the names that theme files use, and methods to map and list them.
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
            /// Combines two values for each role.
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
    /// A value for every role: a paint in a theme, a style on the screen.
    Roles {
        /// Normal text.
        text: "text",
        /// The most important values.
        strong: "strong",
        /// Secondary text: labels, hints, ages.
        dim: "dim",
        /// Frames and axes of charts.
        frame: "frame",
        /// Titles of panes.
        title: "title",
        /// The focused pane and active elements.
        accent: "accent",
        /// Background of the screen.
        background: "background",
        /// The selected row.
        selection: "selection",
        /// Marks on curves.
        mark: "mark",
        /// Warnings and errors.
        warning: "warning",
        /// The completed part of progress bars.
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
    /// A value for every state of a run.
    StateRoles {
        /// Training.
        running: "state.running",
        /// Paused.
        paused: "state.paused",
        /// Finished.
        ended: "state.ended",
        /// Failed or interrupted.
        failed: "state.failed",
        /// Queued.
        queued: "state.queued",
    }
}

roles! {
    /// A value for every curve of a chart.
    CurveRoles {
        /// Training set.
        train: "curve.train",
        /// Test set.
        test: "curve.test",
        /// Single training steps, drawn behind the smoothed curve.
        raw: "curve.raw",
    }
}

roles! {
    /// A value for the ends and the middle of the weight scale.
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
    /// Maps the value of each role.
    pub(super) fn map<V>(self, mut change: impl FnMut(T) -> V) -> Roles<V> {
        self.zip(Roles::<()>::default(), |value, ()| change(value))
    }

    /// Combines two values for each role.
    pub(super) fn zip<U, V>(self, other: Roles<U>, mut join: impl FnMut(T, U) -> V) -> Roles<V> {
        let joined = self.try_zip(other, &mut |_, a, b| Ok::<_, std::convert::Infallible>(join(a, b)));
        match joined {
            Ok(roles) => roles,
            Err(never) => match never {},
        }
    }
}

/// The names of all roles in theme files.
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
