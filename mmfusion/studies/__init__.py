"""Studies: a whole comparison from one command, with its report and a conclusion drawn by rule.

`mmfusion train study=fusion` becomes a list of jobs (`study_jobs`), which a sweep runs; `launch` reads what they came
to.
A study is a class in a file of its own: of a `TrainedStudy`, `variants` says what is trained and `conclude` what the
numbers say; a `MeasuredStudy` trains nothing and says what it finds itself.
"""
