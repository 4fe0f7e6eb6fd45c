"""Every mistake that CNNArchLang's tests name has a place in the museum, or no counterpart here.

CNNArchLang (RWTH Aachen, 2017) is MontiCore's language for the same purpose. The names are those of its
tests of wrong models, in all of its versions; the exhibits are ours.
"""

from __future__ import annotations

from pathlib import Path

import pytest

ROOM = Path(__file__).parent / "museum" / "cnnarchlang"

# The test's name -> the exhibits that show the mistake here.
SHOWN = {
    "ArgumentConstraintTest1": ["argument_constraint_test1"],
    "ArgumentConstraintTest2": ["argument_constraint_test2"],
    "ArgumentConstraintTest3": ["argument_constraint_test3"],
    "ArgumentConstraintTest4": ["argument_constraint_test4"],
    "ArgumentConstraintTest5": ["argument_constraint_test5"],
    "ArgumentConstraintTest6": ["argument_constraint_test6"],
    "BooleanArgumentTypeTest": ["boolean_argument_type_test"],
    "DuplicateArgument": ["duplicated_argument"],
    "DuplicateOutputAssignment": ["duplicate_output_assignment"],
    "DuplicatedArgument": ["duplicated_argument"],
    "DuplicatedIONames": ["duplicated_io_names"],
    "DuplicatedNames": ["duplicated_names"],
    "IllegalIOName": ["illegal_io_name", "illegal_io_name_reserved"],
    "IllegalName": ["illegal_name"],
    "IntegerArgumentTypeTest": ["integer_argument_type_test"],
    "InvalidArrayAccessValue": ["invalid_array_access_value"],
    "InvalidGroupInput": ["wrong_input_position", "missing_merge"],
    "InvalidGroupTest": ["invalid_group_test"],
    "InvalidInputShape": ["invalid_input_shape"],
    "InvalidIOShape1": ["invalid_io_shape1"],
    "InvalidIOShape2": ["invalid_io_shape2"],
    "InvalidLayerDimension": ["invalid_layer_dimension"],
    "InvalidLayerDimension1": ["invalid_layer_dimension"],
    "InvalidLayerDimension2": ["invalid_layer_dimension"],
    "InvalidLayerDimension3": ["invalid_layer_dimension"],
    "InvalidOutput1": ["wrong_output_layer_position"],
    "InvalidOutput2": ["wrong_output_layer_position"],
    "InvalidRecursion": ["invalid_recursion"],
    "InvalidRepeatInput": ["invalid_repeat_input", "wrong_input_position"],
    "InvalidRepeatOutput": ["wrong_output_layer_position"],
    "InvalidVariableType": ["invalid_variable_type"],
    "InvalidVariableType2": ["invalid_variable_type"],
    "MissingArgument": ["missing_argument"],
    "MissingConvolutionArgument1": ["missing_layer_arguments"],
    "MissingConvolutionArgument2": ["missing_layer_arguments"],
    "MissingFullyConnectedArgument": ["missing_layer_arguments"],
    "MissingInput": ["missing_input"],
    "MissingIO": ["missing_io"],
    "MissingIO2": ["missing_io"],
    "MissingLayerOperator": ["missing_layer_operator"],
    "MissingMerge": ["missing_merge", "incorrect_merge"],
    "MissingOutput": ["missing_output"],
    "MissingOutputLayer": ["missing_output"],
    "MissingParallelBrackets": ["missing_parallel_brackets", "illegal_parallel"],
    "MissingPoolingArgument1": ["missing_argument", "missing_layer_arguments"],
    "MissingPoolingArgument2": ["missing_argument", "missing_layer_arguments"],
    "MissingVarValue": ["missing_var_value"],
    "NotIOArray": ["not_io_array"],
    "OverlappingGroupTest": ["invalid_group_test"],
    "SequenceLength": ["unequal_sequences"],
    "UndefinedOutput": ["undefined_output"],
    "UndefinedVarName": ["undefined_var_name"],
    "UndefinedVarName2": ["undefined_var_name"],
    "UnfinishedArchitecture": ["unfinished_architecture"],
    "UnknownIO": ["unknown_io"],
    "UnknownMethod": ["unknown_method"],
    "UnknownVariableName": ["unknown_variable_name"],
    "Unroll": ["infinite_expression", "infinite_list"],
    "UnusedOutputDef": ["unused_names"],
    "UnusedVarName": ["unused_names"],
    "WrongActivationType": ["wrong_activation_type"],
    "WrongArgument": ["wrong_argument"],
    "WrongInputPosition": ["wrong_input_position"],
    "WrongIOShape": ["invalid_io_shape1", "invalid_io_shape2"],
    "WrongOutputLayerPosition": ["wrong_output_layer_position"],
    "WrongRangeOperator": ["wrong_range_operator"],
}
# What cannot go wrong here, and why.
NOT_HERE = {
    "InvalidActivationBeforeOutput1": "an output has no domain that the last activation must fit",
    "InvalidFixedOutputUnits": "the units of the last layer are an argument like any other",
    "InvalidFixedOutputUnitsAndMissingArgument": "likewise",
    "InvalidOutputMultipleVariableFCs": "likewise",
    "MissingLRNArgument": "`lrn` has the paper's numbers as its defaults",
    "WrongIOType": "an output has no domain that the last activation must fit",
}


@pytest.mark.parametrize("name", SHOWN)
def test_every_mistake_is_shown(name: str) -> None:
    assert name not in NOT_HERE
    for exhibit in SHOWN[name]:
        assert (ROOM / f"{exhibit}.net").is_file()
        assert (ROOM / f"{exhibit}.txt").is_file()


def test_every_exhibit_belongs_to_one() -> None:
    shown = {exhibit for exhibits in SHOWN.values() for exhibit in exhibits}
    assert shown == {path.stem for path in ROOM.glob("*.net")}
